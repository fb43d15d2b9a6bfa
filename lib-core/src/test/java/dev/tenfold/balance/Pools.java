package dev.tenfold.balance;

import dev.tenfold.health.HealthGroup;
import dev.tenfold.health.HealthPolicy;
import dev.tenfold.observe.EventRelay;
import dev.tenfold.observe.Observer;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.topology.Endpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Makes members and candidates without a balancer, and counts picks. */
final class Pools {

    private Pools() {}

    static List<Member<String>> members(int size) {
        return members(size, new SimulatedTime());
    }

    static List<Member<String>> members(int size, SimulatedTime time) {
        Ticks ticks = new Ticks(time);
        HealthGroup group =
                new HealthGroup("test", HealthPolicy.defaults(), time, new EventRelay(Observer.none()), () -> {});
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            ids.add(size <= 26 ? String.valueOf((char) ('a' + i)) : "m" + i);
        }
        List<Member<String>> members = new ArrayList<>();
        group.update(ids).forEach((id, cell) -> members.add(new Member<>(Endpoint.of(id, id), cell, ticks)));
        return members;
    }

    static Candidates<String> candidates(List<Member<String>> members, double... weights) {
        double[] all = new double[members.size()];
        for (int i = 0; i < all.length; i++) {
            all[i] = weights.length == 0 ? 1 : weights[i];
        }
        return new Candidates<>(members, all);
    }

    static Map<String, Integer> count(Picker<String> picker, int picks) {
        Map<String, Integer> counts = new TreeMap<>();
        for (int i = 0; i < picks; i++) {
            counts.merge(picker.pick().target(), 1, Integer::sum);
        }
        return counts;
    }

    static String sequence(Picker<String> picker, int picks) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < picks; i++) {
            text.append(picker.pick().target());
        }
        return text.toString();
    }
}
