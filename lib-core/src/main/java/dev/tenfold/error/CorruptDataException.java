package dev.tenfold.error;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/**
 * Stored bytes are not what was written: torn, altered, missing or older than what was read before. Nothing repairs them
 * silently, since a register or journal that starts anew can hand out a token or a message a second time. A person
 * restores the storage from a backup, or removes it to start anew.
 */
public final class CorruptDataException extends TenfoldException {

    @Serial
    private static final long serialVersionUID = 1;

    private final String source;
    private final long offset;

    /**
     * Creates the exception.
     *
     * @param source where the bytes are: a file, or a table and row
     * @param offset the first byte that does not fit, from 0
     * @param problem what is there and what was expected
     * @param cause what reading it failed with, or null
     */
    public CorruptDataException(String source, long offset, String problem, @Nullable Throwable cause) {
        super(
                source + " is corrupt at byte " + offset + ": " + problem
                        + "; restore it from a backup, or remove it to start anew",
                cause);
        this.source = source;
        this.offset = offset;
    }

    /**
     * Returns where the bytes are.
     *
     * @return a file, or a table and row
     */
    public String source() {
        return source;
    }

    /**
     * Returns the first byte that does not fit.
     *
     * @return an offset from 0 within the source
     */
    public long offset() {
        return offset;
    }
}
