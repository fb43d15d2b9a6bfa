package dev.tenfold.sharding.scatter;

import dev.tenfold.error.TenfoldException;
import java.io.Serial;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A scatter did not hear from enough shards. Nothing was changed by the scatter itself. The first shard's failure is the
 * cause.
 */
public final class IncompleteResultException extends TenfoldException {

    @Serial
    private static final long serialVersionUID = 1;

    private final transient List<MissingShard> missing;

    /**
     * Creates the exception.
     *
     * @param missing the shards, at least one
     */
    public IncompleteResultException(List<MissingShard> missing) {
        super(
                "no answer from "
                        + missing.stream().map(MissingShard::toString).collect(Collectors.joining("; "))
                        + "; repeat the query, or allow a partial result",
                missing.get(0).reason());
        this.missing = List.copyOf(missing);
    }

    /**
     * Returns the shards that did not answer.
     *
     * @return at least one, with the reasons
     */
    public List<MissingShard> missing() {
        return missing;
    }
}
