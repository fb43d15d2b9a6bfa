package dev.tenfold.session;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Turns a {@link Session} into a short signed text for a cookie or header, and back, so that it survives a change of
 * server and process.
 *
 * <p>Signed with HMAC-SHA-256 (RFC 2104) cut to 16 bytes and written as URL-safe Base64 without padding; about 30
 * characters, plus 10 and the name for each shard, plus 25 for each key that was read while its shard was written: at most
 * 2,000 where names of shards take up to 20. It says where a user has been in the shards' histories and nothing about the user.
 * A text that was not signed with this key, or is torn, or of a format that this version does not know, reads as an empty
 * session that asks the primary: stale never, wrong never. Texts of every earlier version are read.
 *
 * <p>Immutable and thread-safe; a few microseconds a call.
 */
public final class SessionToken {

    private static final byte FORMAT_1 = 1;
    private static final byte FORMAT_2 = 2;
    private static final int SIGNATURE_BYTES = 16;

    private final SecretKeySpec key;

    private SessionToken(SecretKeySpec key) {
        this.key = key;
    }

    /**
     * Makes a codec for tokens signed with a key that all processes of the application share.
     *
     * @param secret at least 16 bytes, kept secret
     * @return the codec
     * @throws IllegalArgumentException if the secret is shorter
     */
    public static SessionToken signedWith(byte[] secret) {
        if (secret.length < 16) {
            throw new IllegalArgumentException("secret: " + secret.length + " bytes (expected: >= 16)");
        }
        return new SessionToken(new SecretKeySpec(secret, "HmacSHA256"));
    }

    /**
     * Writes a session.
     *
     * @param session what to carry
     * @return URL-safe text
     */
    public String encode(Session session) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(FORMAT_2);
            SessionFormat.write(session.state(), out);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        byte[] body = bytes.toByteArray();
        byte[] signed = Arrays.copyOf(body, body.length + SIGNATURE_BYTES);
        System.arraycopy(sign(body), 0, signed, body.length, SIGNATURE_BYTES);
        return text(signed);
    }

    private static String text(byte[] signed) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(signed);
    }

    /**
     * Reads a session back.
     *
     * @param token what {@link #encode} wrote, or anything a client sent in its place
     * @return the session; one that asks every shard's primary if the text is not ours
     */
    public Session decode(String token) {
        try {
            byte[] signed = Base64.getUrlDecoder().decode(token);
            // The decoder ignores padding and spare bits; a text of ours has neither.
            if (signed.length <= SIGNATURE_BYTES || !text(signed).equals(token)) {
                return distrusted();
            }
            byte[] body = Arrays.copyOf(signed, signed.length - SIGNATURE_BYTES);
            byte[] signature = Arrays.copyOfRange(signed, body.length, signed.length);
            if (!MessageDigest.isEqual(signature, sign(body))) {
                return distrusted();
            }
            DataInputStream in = new DataInputStream(new ByteArrayInputStream(body, 1, body.length - 1));
            return switch (body[0]) {
                case FORMAT_1 -> new Session(SessionFormat.readFirst(in));
                case FORMAT_2 -> new Session(SessionFormat.read(in));
                default -> distrusted();
            };
        } catch (IllegalArgumentException | IOException notOurs) {
            return distrusted();
        }
    }

    private static Session distrusted() {
        return new Session(new SessionState(Map.of(), List.of(), Map.of(), true));
    }

    private byte[] sign(byte[] body) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            return Arrays.copyOf(mac.doFinal(body), SIGNATURE_BYTES);
        } catch (GeneralSecurityException missing) {
            throw new IllegalStateException("HmacSHA256, which every Java platform must have, is missing", missing);
        }
    }
}
