package dev.tenfold.journey.stage;

import dev.tenfold.journey.app.AppConfig;
import dev.tenfold.journey.app.Parts;
import dev.tenfold.journey.env.CpuMeter;
import dev.tenfold.journey.env.ServerProcess;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** The server processes of a stage, and what they say and cost. Thread-safe. */
final class Fleet implements AutoCloseable {

    private final EventLog events;
    private final Parts parts = new Parts();
    private final List<ServerProcess> processes = new CopyOnWriteArrayList<>();
    private final Scraper scraper = new Scraper();
    private final CpuMeter cpu = new CpuMeter();

    Fleet(EventLog events) {
        this.events = events;
    }

    /** Starts a process and returns at once. */
    ServerProcess launch(Class<?> main, AppConfig config) throws IOException {
        ServerProcess process = parts.add(new ServerProcess(main, config, line -> events.heard(config.name(), line)));
        processes.add(process);
        process.launch();
        return process;
    }

    List<ServerProcess> processes() {
        return processes;
    }

    /** Reads the figures of all that are up and not suspended. */
    synchronized void look(Duration patience) {
        for (ServerProcess process : processes) {
            process.address().ifPresent(server -> {
                if (process.isRunning() && !process.isSuspended()) {
                    scraper.scrape(server, patience);
                } else {
                    scraper.missed(server);
                }
            });
        }
        cpu.sample(processes);
    }

    /** The load begins: what was used before does not count. */
    synchronized void begin() {
        cpu.begin(processes);
    }

    /** CPU seconds by tier. */
    synchronized Map<String, Double> cpuSeconds() {
        return cpu.seconds();
    }

    synchronized double total(String counter) {
        return scraper.total(counter);
    }

    synchronized double highest(String gauge) {
        return scraper.highest(gauge);
    }

    synchronized double now(URI server, String name) {
        return scraper.now(server, name);
    }

    @Override
    public void close() {
        // All at once: each takes a moment to say goodbye to its databases.
        processes.forEach(ServerProcess::dismiss);
        parts.close();
    }
}
