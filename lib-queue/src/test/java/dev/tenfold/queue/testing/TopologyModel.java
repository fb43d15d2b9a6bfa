package dev.tenfold.queue.testing;

import dev.tenfold.queue.Exchange;
import dev.tenfold.queue.testing.RandomTopology.Bind;
import dev.tenfold.queue.testing.RandomTopology.ExchangeSpec;
import dev.tenfold.queue.testing.RandomTopology.Outcome;
import dev.tenfold.queue.testing.RandomTopology.Publish;
import dev.tenfold.queue.testing.RandomTopology.QueueSpec;
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

    private record Copy(String body, int priority) {}

    private record Binding(int exchange, boolean toQueue, int target, String key, Map<String, Object> arguments) {}

    private final RandomTopology topology;
    private final Set<Binding> bindings = new LinkedHashSet<>();
    private final List<List<Copy>> held = new ArrayList<>();
    private final Map<String, List<String>> dead = new TreeMap<>();
    private final List<String> answers = new ArrayList<>();

    private TopologyModel(RandomTopology topology) {
        this.topology = topology;
        topology.queues().forEach(each -> held.add(new ArrayList<>()));
    }

    /**
     * Does what a topology says.
     *
     * @param topology any
     * @return what came of it
     */
    public static Outcome play(RandomTopology topology) {
        TopologyModel model = new TopologyModel(topology);
        topology.steps().forEach(model::step);
        Map<String, List<String>> left = new TreeMap<>();
        for (int i = 0; i < model.held.size(); i++) {
            List<String> bodies = new ArrayList<>();
            while (!model.held.get(i).isEmpty()) {
                bodies.add(model.takeFirst(i).body());
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
            answers.add(take(take.queue() % held.size(), take.rejects()));
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
            refused |= !enqueue(queue, new Copy(body, publish.priority()));
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
    private boolean enqueue(int queue, Copy copy) {
        QueueSpec spec = topology.queues().get(queue);
        List<Copy> copies = held.get(queue);
        boolean full = spec.maxLength() > 0 && copies.size() == spec.maxLength();
        if (full && !spec.dropsHead()) {
            return false;
        }
        if (full) {
            bury(queue, takeFirst(queue), "maxlen");
        }
        copies.add(copy);
        return true;
    }

    private String take(int queue, boolean rejects) {
        if (held.get(queue).isEmpty()) {
            return "EMPTY";
        }
        Copy copy = takeFirst(queue);
        if (rejects) {
            bury(queue, copy, "rejected");
        }
        return copy.body();
    }

    /** The oldest of the highest priority. */
    private Copy takeFirst(int queue) {
        List<Copy> copies = held.get(queue);
        Copy first = topology.queues().get(queue).maxPriority() == 0
                ? copies.get(0)
                : copies.stream()
                        .sorted(Comparator.comparing(copy -> -copy.priority()))
                        .findFirst()
                        .orElseThrow();
        copies.remove(first);
        return first;
    }

    private void bury(int queue, Copy copy, String reason) {
        if (topology.queues().get(queue).hasDeadLetters()) {
            dead.computeIfAbsent("q" + queue + " " + reason, first -> new ArrayList<>())
                    .add(copy.body());
        }
    }
}
