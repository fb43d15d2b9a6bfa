package dev.tenfold.journey.capacity;

import dev.tenfold.journey.record.Cost;
import dev.tenfold.journey.stage.StageResult;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Extrapolates, on paper, from what a request was measured to cost to what a million users need: cores of each tier are
 * the peak's requests times the CPU time of one, over the utilisation that leaves room for the loss of half of the machines.
 */
public final class CapacityModel {

    /** How many users there are. */
    public static final int USERS = 1_000_000;

    /** Which part of them is there in the busiest minute. */
    public static final double ONLINE = 0.1;

    /** How often one of those asks for something. */
    public static final double SECONDS_BETWEEN_REQUESTS = 10;

    /** How busy a core may be at the peak. */
    public static final double UTILISATION = 0.5;

    /** How large a machine is. */
    public static final int CORES_OF_A_MACHINE = 8;

    /** Fewer than this many machines of a tier are not there when one is lost. */
    private static final int LEAST_MACHINES = 2;

    /** Below what can be read of the books. */
    private static final double LEAST_MILLIS = 0.005;

    /** Of the requests of the stage that had most; where there are fewer, what an idle server uses weighs more than they do. */
    private static final double LEAST_SHARE = 0.1;

    private static final List<String> TIERS = List.of(Cost.APPLICATION, Cost.DATABASE, Cost.REDIS, Cost.NOTIFIER);

    private final List<Estimate> estimates;
    private final String machine;

    /**
     * Makes the model.
     *
     * @param results what was measured
     * @param machine what on
     */
    public CapacityModel(List<StageResult> results, String machine) {
        this.machine = machine;
        long most = results.stream()
                .mapToLong(result -> result.recording().cost().requests())
                .max()
                .orElse(0);
        estimates = results.stream()
                .filter(result -> result.recording().cost().requests() > LEAST_SHARE * most)
                .map(CapacityModel::estimate)
                .toList();
    }

    /**
     * What one tier takes.
     *
     * @param millis CPU time of one request, measured
     * @param cores how many the peak takes at the utilisation
     * @param machines how many machines that is
     */
    public record Need(double millis, double cores, int machines) {}

    /**
     * What the system of one stage takes.
     *
     * @param stage its number
     * @param title its name
     * @param requests how many requests the cost was measured over
     * @param rate good answers in a second, of the measurement
     * @param loadMillis CPU time of one request in the process of the users, balancers and edges together
     * @param needs by tier
     */
    public record Estimate(
            int stage, String title, long requests, double rate, double loadMillis, Map<String, Need> needs) {

        /**
         * Returns how many machines it takes in all.
         *
         * @return those of all tiers
         */
        public int machines() {
            return needs.values().stream().mapToInt(Need::machines).sum();
        }
    }

    /**
     * Returns the requests of the busiest minute.
     *
     * @return in a second
     */
    public static double peak() {
        return USERS * ONLINE / SECONDS_BETWEEN_REQUESTS;
    }

    private static Estimate estimate(StageResult result) {
        Cost cost = result.recording().cost();
        Map<String, Need> needs = new LinkedHashMap<>();
        for (String tier : TIERS) {
            // A shared server that this stage does not use idles all the same.
            double millis = cost.millisPerRequest(tier);
            if (millis >= LEAST_MILLIS) {
                double cores = peak() * millis / 1000 / UTILISATION;
                needs.put(tier, new Need(millis, cores, machines(cores)));
            }
        }
        var slices = result.recording().slices();
        double seconds = slices.isEmpty() ? 0 : slices.get(slices.size() - 1).to();
        return new Estimate(
                result.stage().number(),
                result.stage().title(),
                cost.requests(),
                seconds == 0 ? 0 : cost.requests() / seconds,
                cost.millisPerRequest(Cost.LOAD),
                needs);
    }

    private static int machines(double cores) {
        return Math.max(LEAST_MACHINES, (int) Math.ceil(cores / CORES_OF_A_MACHINE));
    }

    /**
     * Returns what each stage's system takes.
     *
     * @return by rising stage
     */
    public List<Estimate> estimates() {
        return estimates;
    }

    /**
     * Returns what the model takes for granted.
     *
     * @return a sentence each
     */
    public List<String> assumptions() {
        return List.of(
                String.format(
                        Locale.ROOT,
                        "%,d users, of whom %.0f %% are there in the busiest minute and ask for something every %.0f s:"
                                + " %,.0f requests in a second.",
                        USERS,
                        100 * ONLINE,
                        SECONDS_BETWEEN_REQUESTS,
                        peak()),
                "They do what the users of the journey did: 84 % of the requests read, 16 % write.",
                "A request costs at the peak what it cost here: CPU time of the processes while the load ran, over the requests"
                        + " answered. Faults are in it; the start of a Java process is not, nor the last moments of a killed"
                        + " one. Read to 10 ms of each process. A stage with less than a tenth of the requests of another is left out: what an"
                        + " idle server uses would count more than they do.",
                "Measured on " + machine
                        + ". The servers compile with C1 only and had seconds to warm up, so a long-running one"
                        + " costs less.",
                String.format(
                        Locale.ROOT,
                        "Cores are %.0f %% busy at the peak, so that half of the machines may be lost; a machine has %d cores;"
                                + " no tier has fewer than %d machines.",
                        100 * UTILISATION,
                        CORES_OF_A_MACHINE,
                        LEAST_MACHINES),
                "Work divides evenly over machines, which is what balancers and shards are for. A database that is not sharded"
                        + " cannot take more than one machine's writes, whatever its row says.",
                "Not in it: memory, disks, networks, growth of the data, backups, and the balancers and edges, which here share a"
                        + " process with the users.");
    }

    /**
     * Writes the model down.
     *
     * @return lines for a terminal
     */
    public String toText() {
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                Locale.ROOT, "A million users, on paper: %,.0f requests in a second at the peak.", peak()));
        for (Estimate estimate : estimates) {
            List<String> tiers = new ArrayList<>();
            estimate.needs()
                    .forEach((tier, need) -> tiers.add(String.format(
                            Locale.ROOT,
                            "%s %.2f ms a request: %.0f cores, %d machines",
                            tier,
                            need.millis(),
                            Math.ceil(need.cores()),
                            need.machines())));
            lines.add(String.format(
                    Locale.ROOT,
                    "  as in stage %d (%,d requests measured): %s",
                    estimate.stage(),
                    estimate.requests(),
                    String.join("; ", tiers)));
        }
        lines.add("  It takes for granted:");
        assumptions().forEach(assumption -> lines.add("   - " + assumption));
        return String.join(System.lineSeparator(), lines);
    }
}
