package dev.tenfold.journey.stage;

import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.cache.edge.EdgeNetwork;
import dev.tenfold.cache.edge.EdgeSite;
import dev.tenfold.health.Health;
import dev.tenfold.health.HealthCell;
import dev.tenfold.journey.app.Answer;
import dev.tenfold.journey.env.Redis;
import dev.tenfold.journey.env.ServerProcess;
import dev.tenfold.journey.live.Board;
import dev.tenfold.journey.live.Board.Layer;
import dev.tenfold.journey.live.Board.Part;
import dev.tenfold.journey.live.Board.State;
import dev.tenfold.journey.load.Latencies;
import dev.tenfold.journey.load.Tally;
import dev.tenfold.journey.record.Recorder;
import dev.tenfold.locality.DataCentres;
import dev.tenfold.locality.Region;
import dev.tenfold.time.TimeSource;
import java.net.URI;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/** Shows the parts of a stage to a visitor, and lets them be broken and mended. Without a visitor it does nothing. */
final class Exhibit {

    private static final String SLOW_MILLIS = "200";
    private static final String FLAP_MILLIS = "400";
    private static final String WELL = "0";
    private static final int NEWS = 40;
    private static final int LOOKED_THROUGH = 300;
    private static final int ALIKE = 3;
    private static final int HISTORY = 120;

    private final StageRun run;
    private final Fleet fleet;
    private final Board board;
    private final boolean live;

    Exhibit(StageRun run, Fleet fleet, Board board, boolean live) {
        this.run = run;
        this.fleet = fleet;
        this.board = board;
        this.live = live;
    }

    boolean isLive() {
        return live;
    }

    /** Adds a part whose state and actions are its own. */
    void part(
            Layer layer,
            String group,
            String id,
            String name,
            List<String> links,
            Supplier<State> state,
            Map<String, Board.Action> actions) {
        if (live) {
            board.add(new Part(id, name, layer, group, links, state, oneByOne(actions)));
        }
    }

    /** What is done to a part is done before the next thing is: a server that is being restored is not slowed down meanwhile. */
    private static Map<String, Board.Action> oneByOne(Map<String, Board.Action> actions) {
        ReentrantLock hands = new ReentrantLock(true);
        Map<String, Board.Action> ordered = new LinkedHashMap<>();
        actions.forEach((name, action) -> ordered.put(name, () -> {
            hands.lockInterruptibly();
            try {
                action.run();
            } finally {
                hands.unlock();
            }
        }));
        return ordered;
    }

    /** Application servers behind a balancer. */
    void servers(String group, LoadBalancer<URI> balancer, List<ServerProcess> servers, String... links) {
        for (ServerProcess server : servers) {
            server(group, server, () -> health(balancer, server.name()), links);
        }
    }

    /** An application server that nothing stands before. */
    void server(ServerProcess server, String... links) {
        server("", server, () -> new State(Board.Health.WELL, "up", 0), links);
    }

    private void server(String group, ServerProcess server, Supplier<State> outside, String... links) {
        Ailment ailment = new Ailment();
        DoubleSupplier rate = rate(() -> server.address()
                .map(address -> fleet.now(address, "app.requests"))
                .orElse(0.0));
        Map<String, Board.Action> actions = new LinkedHashMap<>();
        actions.put("kill", server::kill9);
        actions.put("freeze", server::suspend);
        actions.put("slow", () -> {
            server.order("slow", SLOW_MILLIS);
            ailment.name = "slow: " + SLOW_MILLIS + " ms more";
        });
        actions.put("flap", () -> {
            server.order("flap", FLAP_MILLIS);
            ailment.name = "fails every other " + FLAP_MILLIS + " ms";
        });
        actions.put("restore", () -> {
            server.resume();
            if (server.isRunning()) {
                server.order("slow", WELL);
                server.order("flap", WELL);
                ailment.name = "";
            } else {
                ailment.name = "starting";
                try {
                    server.launch();
                    server.await();
                } finally {
                    ailment.name = "";
                }
            }
        });
        part(
                Layer.SERVER,
                group,
                server.name(),
                server.name(),
                List.of(links),
                () -> {
                    double now = rate.getAsDouble();
                    if (!server.isRunning()) {
                        return new State(Board.Health.DOWN, "killed", 0, Set.of("kill", "freeze", "slow", "flap"));
                    }
                    State seen = outside.get();
                    if (server.isSuspended()) {
                        return new State(
                                Board.Health.DOWN, "frozen; " + seen.detail(), 0, Set.of("freeze", "slow", "flap"));
                    }
                    String name = ailment.name;
                    return name.isEmpty()
                            ? new State(seen.health(), seen.detail(), now, Set.of("restore"))
                            : new State(Board.Health.WEAK, name + "; " + seen.detail(), now);
                },
                actions);
    }

    /** What the visitor last did to a part; written by the operator's thread, read by the stage's. */
    private static final class Ailment {
        private volatile String name = "";
    }

    private static State health(LoadBalancer<URI> balancer, String server) {
        Optional<HealthCell> cell = balancer.health(server);
        if (cell.isEmpty()) {
            return new State(Board.Health.DOWN, "not in the balancer's pool", 0);
        }
        Health health = cell.get().current();
        Board.Health word = health.state().isTrusted()
                ? Board.Health.WELL
                : health.state().takesCalls() ? Board.Health.WEAK : Board.Health.DOWN;
        return new State(word, health.state().name().toLowerCase(Locale.ROOT), 0);
    }

    /** Edges, each of which asks its neighbours and then the origin. */
    void edges(EdgeNetwork<String, Answer> network, String... links) {
        for (EdgeSite<String, Answer> edge : network.edges()) {
            DoubleSupplier rate = rate(() -> edge.stats().requests());
            Map<String, Board.Action> actions = new LinkedHashMap<>();
            actions.put("take down", edge::down);
            actions.put("restore", edge::up);
            part(
                    Layer.EDGE,
                    "",
                    "edge-" + edge.name(),
                    edge.name(),
                    List.of(links),
                    () -> new State(
                            edge.isUp() ? Board.Health.WELL : Board.Health.DOWN,
                            edge.isUp()
                                    ? String.format(
                                            Locale.ROOT,
                                            "%.0f %% from its own copies",
                                            100 * edge.stats().hitRatio())
                                    : "down",
                            rate.getAsDouble(),
                            Set.of(edge.isUp() ? "restore" : "take down")),
                    actions);
        }
    }

    /** Data centres, which a visitor may drain. */
    void regions(DataCentres<URI> world, Map<String, List<String>> servers) {
        Set<String> drained = ConcurrentHashMap.newKeySet();
        for (Region<URI> region : world.regions()) {
            Map<String, Board.Action> actions = new LinkedHashMap<>();
            actions.put("drain", () -> {
                world.drain(region.name());
                drained.add(region.name());
            });
            actions.put("restore", () -> {
                world.resume(region.name());
                drained.remove(region.name());
            });
            part(
                    Layer.REGION,
                    "",
                    "region-" + region.name(),
                    region.name(),
                    servers.getOrDefault(region.name(), List.of()),
                    () -> {
                        double capacity = world.capacity(region.name());
                        return new State(
                                capacity >= 1
                                        ? Board.Health.WELL
                                        : capacity > 0 ? Board.Health.WEAK : Board.Health.DOWN,
                                String.format(Locale.ROOT, "takes %.0f %% of its users", 100 * capacity),
                                -1,
                                Set.of(drained.contains(region.name()) ? "drain" : "restore"));
                    },
                    actions);
        }
    }

    /** The one tier that all servers share. */
    void redis(Redis redis) {
        Map<String, Board.Action> actions = new LinkedHashMap<>();
        actions.put("freeze", redis::suspend);
        actions.put("restore", redis::resume);
        part(
                Layer.TIER,
                "",
                "redis",
                "Redis",
                List.of(),
                () -> redis.isSuspended()
                        ? new State(Board.Health.DOWN, "frozen", -1, Set.of("freeze"))
                        : new State(Board.Health.WELL, "logins of all servers", -1, Set.of("restore")),
                actions);
    }

    /** The notifier with its exchange and its queues. */
    void queues(ServerProcess notifier) {
        Map<String, Board.Action> actions = new LinkedHashMap<>();
        actions.put("kill", notifier::kill9);
        Ailment mail = new Ailment();
        actions.put("hang the mail", () -> {
            notifier.order("hang", "true");
            mail.name = "all mail hangs; ";
        });
        actions.put("restore", () -> {
            if (notifier.isRunning()) {
                notifier.order("hang", "false");
            } else {
                notifier.launch();
                notifier.await();
            }
            mail.name = "";
        });
        DoubleSupplier published = rate(() -> run.counted("tenfold.exchange.published{exchange=events}"));
        part(
                Layer.EXCHANGE,
                "notifier",
                "exchange-events",
                "exchange events",
                List.of("queue-mail"),
                () -> {
                    State process = alive(notifier, mail.name + "in the notifier's process", published.getAsDouble());
                    if (!notifier.isRunning()) {
                        return process.idle(Set.of("kill", "hang the mail"));
                    }
                    return mail.name.isEmpty()
                            ? process.idle(Set.of("restore"))
                            : new State(Board.Health.WEAK, process.detail(), process.rate(), Set.of("hang the mail"));
                },
                actions);
        queue(notifier, "mail", List.of("queue-mail.dead"));
        queue(notifier, "mail.dead", List.of());
    }

    private void queue(ServerProcess notifier, String name, List<String> links) {
        DoubleSupplier done = rate(() -> run.counted("tenfold.queue.acknowledged{queue=" + name + "}"));
        part(
                Layer.QUEUE,
                "notifier",
                "queue-" + name,
                "queue " + name,
                links,
                () -> {
                    String tag = "{queue=" + name + "}";
                    return alive(
                            notifier,
                            String.format(
                                    Locale.ROOT,
                                    "%.0f wait, %.0f again later, %.0f in work",
                                    run.highest("tenfold.queue.ready" + tag),
                                    run.highest("tenfold.queue.delayed" + tag),
                                    run.highest("tenfold.queue.unsettled" + tag)),
                            done.getAsDouble());
                },
                Map.of());
    }

    private static State alive(ServerProcess process, String detail, double rate) {
        return process.isRunning()
                ? new State(Board.Health.WELL, detail, rate)
                : new State(Board.Health.DOWN, "killed", 0);
    }

    /** How much a counter grows in a second between two looks. */
    DoubleSupplier rate(DoubleSupplier counter) {
        return new Rate(counter, TimeSource.system());
    }

    /** Shows how everything is now. */
    void publish(Stage stage, Latencies.Summary last, double perSecond, Recorder recorder, Tally tally) {
        if (!live) {
            return;
        }
        board.publish(new Board.Load(
                "Stage " + stage.number() + ": " + stage.title(),
                stage.story(),
                recorder.now(),
                tally.requests(),
                tally.failed(),
                perSecond,
                last.p50(),
                last.p99(),
                recorder.history(HISTORY),
                news(recorder)));
    }

    /** What happens all the time must not drive out what a visitor did, and what came of it. */
    private static List<Board.News> news(Recorder recorder) {
        Map<String, Integer> alike = new HashMap<>();
        return recorder.news(LOOKED_THROUGH).stream()
                .filter(mark -> mark.topic().isEmpty() || alike.merge(mark.topic(), 1, Integer::sum) <= ALIKE)
                .limit(NEWS)
                .map(mark -> new Board.News(mark.at(), mark.kind().name(), mark.text()))
                .toList();
    }
}
