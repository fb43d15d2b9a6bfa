package dev.tenfold.journey.stage;

import dev.tenfold.journey.load.Latencies;
import dev.tenfold.journey.load.Ledger.Audit;
import dev.tenfold.journey.record.Recording;
import java.util.List;

/**
 * What came of a stage.
 *
 * @param stage which one
 * @param pace how it was driven
 * @param requests how many were sent
 * @param failed how many were not served
 * @param latencies of those that were
 * @param longestGapMillis how long at most nobody was served
 * @param queries statements sent to databases; what a killed server sent in its last second is missing
 * @param broken what was killed, frozen, cut off or otherwise broken, in order
 * @param audit how the ledger compared with the databases
 * @param claims every promise with what was measured
 * @param remarks what else was seen, a sentence each
 * @param recording what was measured over time
 */
public record StageResult(
        Stage stage,
        Pace pace,
        long requests,
        long failed,
        Latencies.Summary latencies,
        double longestGapMillis,
        long queries,
        List<String> broken,
        Audit audit,
        List<Claim> claims,
        List<String> remarks,
        Recording recording) {

    /** Copies the lists. */
    public StageResult {
        broken = List.copyOf(broken);
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
