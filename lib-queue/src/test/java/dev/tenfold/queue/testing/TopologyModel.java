package dev.tenfold.queue.testing;

import dev.tenfold.queue.Exchange;
import dev.tenfold.queue.testing.RandomTopology.Bind;
import dev.tenfold.queue.testing.RandomTopology.Delay;
import dev.tenfold.queue.testing.RandomTopology.ExchangeSpec;
import dev.tenfold.queue.testing.RandomTopology.Fate;
import dev.tenfold.queue.testing.RandomTopology.GiveBack;
import dev.tenfold.queue.testing.RandomTopology.Life;
import dev.tenfold.queue.testing.RandomTopology.Outcome;
import dev.tenfold.queue.testing.RandomTopology.Publish;
import dev.tenfold.queue.testing.RandomTopology.QueueSpec;
import dev.tenfold.queue.testing.RandomTopology.Retry;
import dev.tenfold.queue.testing.RandomTopology.Settle;
import dev.tenfold.queue.testing.RandomTopology.Step;
import dev.tenfold.queue.testing.RandomTopology.Take;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What AMQP and RabbitMQ make of a topology, by lists that are searched from the start. */
public final class TopologyModel {

    /** Its place is the number of its arrival. */
    private static final class Copy {
        final String body;
        final int priority;
        final long place;
        final boolean brief;
        int deliveries;

        Copy(String body, int priority, long place, boolean brief) {
            this.body = body;
            this.priority = priority;
            this.place = place;
            this.brief = brief;
        }
    }

    private record Held(int queue, Copy copy) {}

    private record Binding(int exchange, boolean toQueue, int target, String key, Map<String, Object> arguments) {}

    private final RandomTopology topology;
    private final boolean counts;
    private final Set<Binding> bindings = new LinkedHashSet<>();
    private final List<List<Copy>> ready = new ArrayList<>();
    private final List<Held> held = new ArrayList<>();
    private final Map<String, List<String>> dead = new TreeMap<>();
    private final List<String> answers = new ArrayList<>();
    private long arrived;

    private TopologyModel(RandomTopology topology, boolean counts) {
        this.topology = topology;
        this.counts = counts;
        topology.queues().forEach(each -> ready.add(new ArrayList<>()));
    }

    /**
     * Does what a topology says.
     *
     * @param topology any
     * @param counts whether deliveries are counted, or known only to have been or not
     * @return what came of it
     */
    public static Outcome play(RandomTopology topology, boolean counts) {
        TopologyModel model = new TopologyModel(topology, counts);
        topology.steps().forEach(model::step);
        model.held.forEach(each -> model.giveBack(each.queue(), each.copy()));
        Map<String, List<String>> left = new TreeMap<>();
        for (int i = 0; i < model.ready.size(); i++) {
            List<String> bodies = new ArrayList<>();
            while (!model.ready.get(i).isEmpty()) {
                bodies.add(model.take(i, Fate.ACKNOWLEDGED));
            }
            left.put("q" + i, bodies);
        }
        return new Outcome(model.answers, left, model.dead);
    }

    private void step(Step step) {
        if (step instanceof Bind bind) {
            int count = bind.toQueue()
                    ? topology.queues().size()
                    : topology.exchanges().size();
            Binding binding = new Binding(
                    bind.exchange() % topology.exchanges().size(),
                    bind.toQueue(),
                    bind.target() % count,
                    topology.pick(RandomTopology.BINDING_KEYS, bind.key()),
                    topology.arguments(bind));
            if (bind.unbind()) {
                bindings.remove(binding);
            } else {
                bindings.add(binding);
            }
        } else if (step instanceof Publish publish) {
            answers.add(publish(publish));
        } else if (step instanceof Take take) {
            answers.add(take(take.queue() % ready.size(), take.fate()));
        } else if (step instanceof Delay delay) {
            enqueue(delay.queue() % ready.size(), "m" + answers.size(), 0, false);
            answers.add("ROUTED");
        } else if (step instanceof Retry retry) {
            answers.add(retry(retry.queue() % ready.size()));
        } else if (step instanceof Settle settle && !held.isEmpty()) {
            Held one = held.remove(settle.held() % held.size());
            if (!settle.acknowledges()) {
                bury(one.queue(), one.copy(), "rejected");
            }
        } else if (step instanceof GiveBack back && !held.isEmpty()) {
            Held one = held.remove(back.held() % held.size());
            giveBack(one.queue(), one.copy());
            answers.add(take(one.queue(), Fate.HELD));
        }
    }

    private String publish(Publish publish) {
        List<String> keys = new ArrayList<>(List.of(topology.pick(RandomTopology.KEYS, publish.key())));
        if (publish.copy() >= 0) {
            keys.add(topology.pick(RandomTopology.KEYS, publish.copy()));
        }
        Set<Integer> targets = route(
                publish.exchange() % topology.exchanges().size(),
                keys,
                topology.pick(RandomTopology.HEADERS, publish.headers()));
        String body = "m" + answers.size();
        boolean refused = false;
        for (int queue : targets) {
            refused |= !enqueue(queue, body, publish.priority(), publish.life() == Life.BRIEF);
        }
        return targets.isEmpty() ? "UNROUTED" : refused ? "REJECTED" : "ROUTED";
    }

    private Set<Integer> route(int first, List<String> keys, Map<String, Object> headers) {
        Set<Integer> found = new TreeSet<>();
        List<Integer> way = new ArrayList<>(List.of(first));
        for (int i = 0; i < way.size(); i++) {
            int exchange = way.get(i);
            ExchangeSpec spec = topology.exchanges().get(exchange);
            boolean any = false;
            for (Binding binding : bindings) {
                if (binding.exchange() == exchange
                        && keys.stream().anyMatch(key -> matches(spec.kind(), binding, key, headers))) {
                    any = true;
                    if (binding.toQueue()) {
                        found.add(binding.target());
                    } else if (!way.contains(binding.target())) {
                        way.add(binding.target());
                    }
                }
            }
            int alternate = spec.alternate() % topology.exchanges().size();
            if (!any && spec.alternate() >= 0 && !way.contains(alternate)) {
                way.add(alternate);
            }
        }
        return found;
    }

    private static boolean matches(Exchange.Kind kind, Binding binding, String key, Map<String, Object> headers) {
        return switch (kind) {
            case FANOUT -> true;
            case TOPIC -> matches(words(binding.key()), words(key));
            case HEADERS -> matches(binding.arguments(), headers);
            default -> binding.key().equals(key);
        };
    }

    private static List<String> words(String key) {
        return key.isEmpty() ? List.of() : List.of(key.split("\\.", -1));
    }

    private static boolean matches(List<String> pattern, List<String> words) {
        if (pattern.isEmpty()) {
            return words.isEmpty();
        }
        List<String> rest = pattern.subList(1, pattern.size());
        if (pattern.get(0).equals("#")) {
            return matches(rest, words) || (!words.isEmpty() && matches(pattern, words.subList(1, words.size())));
        }
        return !words.isEmpty()
                && (pattern.get(0).equals("*") || pattern.get(0).equals(words.get(0)))
                && matches(rest, words.subList(1, words.size()));
    }

    private static boolean matches(Map<String, Object> arguments, Map<String, Object> headers) {
        long wanted = arguments.keySet().stream()
                .filter(name -> !name.startsWith("x-"))
                .count();
        long found = arguments.entrySet().stream()
                .filter(each -> each.getValue().equals(headers.get(each.getKey())))
                .count();
        return "any".equals(arguments.get("x-match")) ? found > 0 : found == wanted;
    }

    /** Returns whether it was taken. */
    private boolean enqueue(int queue, String body, int priority, boolean brief) {
        QueueSpec spec = topology.queues().get(queue);
        List<Copy> copies = ready.get(queue);
        if (spec.maxLength() > 0 && copies.size() >= spec.maxLength() && !spec.dropsHead()) {
            return false;
        }
        Copy copy = new Copy(body, priority, arrived++, brief || spec.isBrief());
        copies.add(copy);
        dropHead(queue);
        expire(queue);
        return true;
    }

    private void giveBack(int queue, Copy copy) {
        ready.get(queue).add(copy);
        dropHead(queue);
    }

    /** It may be the one that just came. */
    private void dropHead(int queue) {
        QueueSpec spec = topology.queues().get(queue);
        while (spec.dropsHead() && spec.maxLength() > 0 && ready.get(queue).size() > spec.maxLength()) {
            bury(queue, takeFirst(queue), "maxlen");
        }
    }

    /** Wherever it is: nobody will have it, and there is no limit that it would count for. */
    private void expire(int queue) {
        for (Copy copy : List.copyOf(ready.get(queue))) {
            if (copy.brief) {
                ready.get(queue).remove(copy);
                bury(queue, copy, "expired");
            }
        }
    }

    private String take(int queue, Fate fate) {
        if (ready.get(queue).isEmpty()) {
            return "EMPTY";
        }
        Copy copy = takeFirst(queue);
        String name = RandomTopology.named(copy.body, copy.deliveries++, counts);
        switch (fate) {
            case ACKNOWLEDGED -> {}
            case REJECTED -> bury(queue, copy, "rejected");
            case HELD -> held.add(new Held(queue, copy));
        }
        return name;
    }

    private String retry(int queue) {
        if (ready.get(queue).isEmpty()) {
            return "EMPTY";
        }
        Copy copy = takeFirst(queue);
        return ready.get(queue).isEmpty() ? copy.body + ", then " + copy.body + " attempt 2 again" : copy.body;
    }

    /** The oldest of the highest priority. */
    private Copy takeFirst(int queue) {
        int most = topology.queues().get(queue).maxPriority();
        Copy first = ready.get(queue).stream()
                .min(Comparator.<Copy>comparingInt(copy -> -Math.min(copy.priority, most))
                        .thenComparing(copy -> copy.place))
                .orElseThrow();
        ready.get(queue).remove(first);
        return first;
    }

    private void bury(int queue, Copy copy, String reason) {
        if (topology.queues().get(queue).hasDeadLetters()) {
            dead.computeIfAbsent("q" + queue + " " + reason, first -> new ArrayList<>())
                    .add(copy.body);
        }
    }
}
