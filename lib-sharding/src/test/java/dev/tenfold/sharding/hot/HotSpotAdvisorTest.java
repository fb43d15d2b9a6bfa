package dev.tenfold.sharding.hot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.observe.Event;
import dev.tenfold.observe.Observer;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.ShardPlan;
import dev.tenfold.sharding.Sharder;
import dev.tenfold.sharding.SlotMove;
import dev.tenfold.sharding.hot.HotSpotProposal.Isolation;
import dev.tenfold.sharding.hot.HotSpotProposal.Salted;
import dev.tenfold.sharding.hot.HotSpotProposal.Split;
import dev.tenfold.testing.SimulatedTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HotSpotAdvisorTest {

    private final SimulatedTime time = new SimulatedTime();
    private final List<Event> events = new ArrayList<>();
    private final HotSpots<String> hot =
            HotSpots.<String>builder().time(time).observer(events::add).build();
    private final HotSpotPolicy<String> eager =
            HotSpotPolicy.<String>standard().patience(Duration.ZERO, Duration.ofMinutes(10));
    private final Sharder<String, String> shards = Sharder.<String, String>consistent()
            .shard("s1", "db1")
            .shard("s2", "db2")
            .shard("s3", "db3")
            .slots(128)
            .observer(Observer.none())
            .targets(id -> "made " + id)
            .hotSpots(hot)
            .build();

    /** Calls spread over all slots of a shard, some slots much hotter than others. */
    private void heat(String shard, int calls, Random random) {
        int[] slots = shards.map().slotsOf(shard);
        for (int i = 0; i < calls; i++) {
            int slot = slots[(int) (slots.length * random.nextDouble() * random.nextDouble())];
            hot.record("key " + slot + "/" + random.nextInt(50), slot, 1, 7);
        }
    }

    private void even(int calls) {
        for (int i = 0; i < calls; i++) {
            shards.locate("even " + i);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void proposesASplitThatHalvesTheMeasuredLoad(long seed) {
        heat("s2", 40_000, new Random(seed));
        even(10_000);
        HotSpotAdvisor<String> advisor = hot.advisor(eager.hotKey(0.5, 0.5).spareShards("s1", "s4"));
        List<HotSpotProposal<String>> proposals = advisor.propose(shards.map());
        assertThat(proposals).singleElement().satisfies(proposal -> {
            Split<String> split = (Split<String>) proposal;
            assertThat(split.hot()).isEqualTo("s2");
            assertThat(split.onto()).isEqualTo("s4");
            assertThat(split.relative()).isBetween(2.0, 3.0);
        });
        Split<String> split = (Split<String>) proposals.get(0);
        LoadReport<String> before = hot.report(shards.map());
        double whole = before.shards(LoadMeasure.CALLS).get(0).share();
        double least = before.slots(LoadMeasure.CALLS).stream()
                .filter(slot -> slot.shard().equals("s2") && !split.slots().contains(slot.slot()))
                .mapToDouble(LoadReport.SlotLoad::share)
                .min()
                .orElseThrow();
        assertThat(split.given()).isBetween(0.5 - least / whole - 1e-9, 0.5 + 1e-9);
        ShardPlan plan = shards.plan(split.accept());
        assertThat(plan.moves())
                .hasSameSizeAs(split.slots())
                .allMatch(move -> move.from().equals("s2") && move.to().equals("s4"));
        LoadReport<String> after = hot.report(plan.after());
        assertThat(after.shards(LoadMeasure.CALLS))
                .filteredOn(shard -> shard.shard().equals("s4"))
                .singleElement()
                .satisfies(shard -> assertThat(shard.share()).isCloseTo(whole / 2, within(least + 1e-9)));
        assertThat(split.toString()).startsWith("split s2, ").contains(" slots with ", " of its load to s4");
        assertThat(shards.plan(split.onto("other").accept()).moves()).allMatch(m -> m.to().equals("other"));
    }

    @Test
    void levelsWithTheColdestShardWhereNoneStandsReady() {
        heat("s2", 40_000, new Random(1));
        heat("s1", 5_000, new Random(1));
        List<HotSpotProposal<String>> proposals =
                hot.advisor(eager.hotKey(0.9, 0.9)).propose(shards.map());
        ShardMap after = shards.plan(proposals.get(0).accept()).after();
        List<LoadReport.ShardLoad> loads = hot.report(after).shards(LoadMeasure.CALLS);
        assertThat(((Split<String>) proposals.get(0)).onto()).isEqualTo("s3");
        assertThat(loads.get(0).share()).isCloseTo(loads.get(1).share(), within(0.02));
    }

    @Test
    void isolatesACelebrityAndSplitsNothingForItsSake() {
        even(10_000);
        for (int i = 0; i < 10_000; i++) {
            shards.locate("star");
        }
        HotSpotAdvisor<String> advisor = hot.advisor(eager.spareShards("stars"));
        List<HotSpotProposal<String>> proposals = advisor.propose(shards.map());
        String home = shards.route("star").shard();
        assertThat(proposals).singleElement().satisfies(proposal -> {
            Isolation<String> isolation = (Isolation<String>) proposal;
            assertThat(isolation.key()).isEqualTo("star");
            assertThat(isolation.home()).isEqualTo(home);
            assertThat(isolation.share()).isCloseTo(0.5, within(0.01));
        });
        assertThat(proposals.get(0).toString()).contains("isolate key star", "on stars");
        ShardPlan plan = shards.plan(proposals.get(0).accept());
        assertThat(plan.moves()).containsExactly(new SlotMove(128, home, "stars"));
        shards.apply(plan);
        for (int i = 0; i < 10_000; i++) {
            shards.locate("star");
        }
        time.advance(Duration.ofHours(1));
        even(10_000);
        for (int i = 0; i < 10_000; i++) {
            shards.locate("star");
        }
        // It has its own slot and shard now; there is nothing more to do for it, and one slot cannot be split.
        assertThat(advisor.propose(shards.map())).isEmpty();
    }

    @Test
    void saltsACelebrityThatIsTooHotForAnyShardIfItsDataAddsUp() {
        even(10_000);
        for (int i = 0; i < 30_000; i++) {
            shards.locate("likes:1");
        }
        HotSpotPolicy<String> policy = eager.salting(Salting.text(6), key -> key.startsWith("likes:"));
        List<HotSpotProposal<String>> proposals = hot.advisor(policy).propose(shards.map());
        assertThat(proposals).singleElement().satisfies(proposal -> {
            Salted<String> salted = (Salted<String>) proposal;
            assertThat(salted.salting().salts()).isEqualTo(6);
            assertThat(salted.shards()).hasSize(3);
        });
        shards.apply(shards.plan(proposals.get(0).accept()));
        Salting<String> salting = ((Salted<String>) proposals.get(0)).salting();
        assertThat(salting.keys("likes:1").stream().map(key -> shards.route(key).shard()))
                .containsExactlyInAnyOrder("s1", "s1", "s2", "s2", "s3", "s3");
        HotSpotPolicy<String> none = eager.salting(Salting.text(6), key -> false);
        assertThat(hot.advisor(none).propose(shards.map()))
                .allSatisfy(proposal -> assertThat(proposal).isNotInstanceOf(Salted.class));
    }

    @Test
    void isPatientBeforeAndAfterAndTellsOnce() {
        HotSpotAdvisor<String> advisor = hot.advisor(HotSpotPolicy.<String>standard()
                .patience(Duration.ofSeconds(20), Duration.ofMinutes(5))
                .hotKey(0.9, 0.9)
                .minimumRate(1));
        Random random = new Random(1);
        int proposed = 0;
        for (int second = 0; second < 600; second += 5) {
            heat("s1", 500, random);
            even(100);
            List<HotSpotProposal<String>> proposals = advisor.propose(shards.map());
            if (!proposals.isEmpty()) {
                assertThat(second).isIn(20, 320);
                proposed++;
            }
            time.advance(Duration.ofSeconds(5));
        }
        assertThat(proposed).isEqualTo(2);
        assertThat(events).hasSize(2).allSatisfy(event -> {
            assertThat(event.kind()).isEqualTo("hotspot.proposed");
            assertThat(event.message()).contains("split s1");
        });
    }

    /** Between calm and hot nothing new becomes hot, and what is hot stays so. */
    @Test
    void staysHotUntilItIsCalm() {
        HotSpotAdvisor<String> advisor = hot.advisor(HotSpotPolicy.<String>standard()
                .patience(Duration.ofSeconds(60), Duration.ZERO)
                .hotShard(2, 1.5)
                .hotKey(0.9, 0.9)
                .minimumRate(0));
        LongFunction<List<HotSpotProposal<String>>> at = share -> {
            hot.clear();
            Random random = new Random(1);
            heat("s1", (int) share * 100, random);
            heat("s2", (int) (100 - share) * 50, random);
            heat("s3", (int) (100 - share) * 50, random);
            List<HotSpotProposal<String>> proposals = advisor.propose(shards.map());
            time.advance(Duration.ofSeconds(30));
            return proposals;
        };
        assertThat(at.apply(58)).isEmpty();
        assertThat(at.apply(58)).isEmpty();
        assertThat(at.apply(58)).as("warm, and was never hot").isEmpty();
        assertThat(at.apply(70)).as("hot from here").isEmpty();
        assertThat(at.apply(58)).isEmpty();
        assertThat(at.apply(58)).as("still hot, since it was not calm").hasSize(1);
        assertThat(at.apply(40)).isEmpty();
        assertThat(at.apply(70)).as("hot anew").isEmpty();
        assertThat(at.apply(70)).isEmpty();
        assertThat(at.apply(70)).hasSize(1);
    }

    @Test
    void proposesNothingForIdleShardsAndNoMoreThanAllowed() {
        heat("s1", 5, new Random(1));
        time.advance(Duration.ofSeconds(60));
        assertThat(hot.advisor(eager).propose(shards.map())).isEmpty();
        for (int star = 0; star < 8; star++) {
            for (int i = 0; i < 10_000; i++) {
                shards.locate("star " + star);
            }
        }
        HotSpotAdvisor<String> advisor = hot.advisor(eager.atMost(2).spareShards("n1", "n2", "n3", "n4"));
        assertThat(advisor.propose(shards.map())).hasSize(2);
        assertThat(advisor.propose(shards.map())).hasSize(2).doesNotHaveDuplicates();
        assertThat(events).hasSize(4);
        assertThatThrownBy(() -> hot.advisor(eager.hotShard(1, 2).hotKey(2, 3).atMost(0)))
                .isInstanceOfSatisfying(
                        InvalidConfigurationException.class,
                        invalid -> assertThat(invalid.problems()).hasSize(5));
    }

    @Test
    void judgesByCostWhereAsked() {
        even(30_000);
        for (int i = 0; i < 100; i++) {
            shards.record("slow", 1_000);
        }
        assertThat(hot.advisor(eager).propose(shards.map())).isEmpty();
        assertThat(hot.advisor(eager.by(LoadMeasure.COST)).propose(shards.map()))
                .singleElement()
                .satisfies(proposal -> {
                    Isolation<String> isolation = (Isolation<String>) proposal;
                    assertThat(isolation.measure()).isEqualTo(LoadMeasure.COST);
                    assertThat(isolation.key()).isEqualTo("slow");
                });
    }
}
