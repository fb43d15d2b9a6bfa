package dev.tenfold.journey.stage;

import dev.tenfold.journey.load.Latencies;
import dev.tenfold.journey.load.Ledger.Audit;
import java.util.List;

/**
 * What came of a stage.
 *
 * @param stage which one
 * @param requests how many were sent
 * @param failed how many were not served
 * @param latencies of those that were
 * @param longestGapMillis how long at most nobody was served
 * @param queries statements sent to databases; what a killed server sent in its last second is missing
 * @param killed what was broken, in order
 * @param audit how the ledger compared with the databases
 * @param claims every promise with what was measured
 * @param remarks what else was seen, a sentence each
 */
public record StageResult(
        Stage stage,
        long requests,
        long failed,
        Latencies.Summary latencies,
        double longestGapMillis,
        long queries,
        List<String> killed,
        Audit audit,
        List<Claim> claims,
        List<String> remarks) {

    /** Copies the lists. */
    public StageResult {
        killed = List.copyOf(killed);
        claims = List.copyOf(claims);
        remarks = List.copyOf(remarks);
    }

    /**
     * Says whether everything that was promised held.
     *
     * @return false if the journey is to fail
     */
    public boolean isKept() {
        return claims.stream().allMatch(Claim::kept);
    }
}
