package dev.tenfold;

import dev.tenfold.hash.KeyForm;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.session.Session;
import org.jspecify.annotations.Nullable;

/**
 * Names keys for sessions, the same in every process: a session that met a key under two names would not know what it has seen
 * of it.
 */
final class SessionKeys<K> {

    private final KeyHash hash;
    private final KeyForm<? super K> form;
    private final boolean chosen;
    /** Set for good by the first key that has no form: keys of one path are of one kind. */
    private volatile boolean nameless;

    SessionKeys(String path, @Nullable KeyForm<? super K> form) {
        // Paths may share a session and a shard, and have equal keys.
        hash = KeyHash.xxh3(KeyHash.xxh3().hash(path));
        chosen = form != null;
        this.form = form != null ? form : KeyForm.whole();
    }

    long hash(K key) {
        if (nameless) {
            return Session.ANY_KEY;
        }
        try {
            return form.hash(key, hash);
        } catch (IllegalArgumentException without) {
            if (chosen) {
                throw without;
            }
            nameless = true;
            return Session.ANY_KEY;
        }
    }
}
