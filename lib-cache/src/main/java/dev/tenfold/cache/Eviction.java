package dev.tenfold.cache;

import dev.tenfold.cache.eviction.BoundedTable;
import dev.tenfold.cache.eviction.TableSettings;
import dev.tenfold.cache.eviction.Tables;

/** Which copy a full cache gives up. */
public final class Eviction {

    private enum Kind {
        ADAPTIVE,
        FIFO
    }

    /** Caffeine's adaptive window-TinyLFU, the default: the best mean hit rate of all, and no exact order. */
    public static final Eviction ADAPTIVE = new Eviction(Kind.ADAPTIVE);

    /** The copy that was written first, however often it was used. */
    public static final Eviction FIFO = new Eviction(Kind.FIFO);

    private final Kind kind;

    private Eviction(Kind kind) {
        this.kind = kind;
    }

    @Override
    public String toString() {
        return kind.name();
    }

    <K, V> BoundedTable<K, V> table(TableSettings<K, V> settings) {
        return switch (kind) {
            case ADAPTIVE -> Tables.adaptive(settings);
            case FIFO -> Tables.fifo(settings);
        };
    }
}
