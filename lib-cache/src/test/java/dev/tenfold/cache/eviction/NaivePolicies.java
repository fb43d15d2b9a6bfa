package dev.tenfold.cache.eviction;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The definitions, as their papers have them. */
final class NaivePolicies {

    private NaivePolicies() {}

    /** Evicts the least by an order over all entries, which stamps make total. */
    private abstract static class Ordered extends NaiveTable {
        final Comparator<Entry> order;
        long clock;

        Ordered(long maximum, long pinLimit, Comparator<Entry> order) {
            super(maximum, pinLimit);
            this.order = order;
        }

        @Override
        void evictSome() {
            evict(entries.values().stream()
                    .filter(entry -> !entry.pinned)
                    .min(order)
                    .orElseThrow());
        }
    }

    static NaiveTable fifo(long maximum, long pinLimit) {
        return new Ordered(maximum, pinLimit, Comparator.comparingLong(entry -> entry.stamp)) {
            @Override
            void enter(Entry entry) {
                entry.stamp = clock++;
            }

            @Override
            void use(Entry entry) {}
        };
    }

    static NaiveTable lru(long maximum, long pinLimit) {
        return new Ordered(maximum, pinLimit, Comparator.comparingLong(entry -> entry.stamp)) {
            @Override
            void enter(Entry entry) {
                entry.stamp = clock++;
            }

            @Override
            void use(Entry entry) {
                entry.stamp = clock++;
            }
        };
    }

    static NaiveTable lfu(long maximum, long pinLimit, int agesAfter) {
        Comparator<NaiveTable.Entry> order =
                Comparator.<NaiveTable.Entry>comparingLong(entry -> entry.uses).thenComparingLong(entry -> entry.stamp);
        return new Ordered(maximum, pinLimit, order) {
            private long sinceHalving;

            @Override
            void enter(Entry entry) {
                entry.uses = 0;
                use(entry);
            }

            @Override
            void use(Entry entry) {
                entry.uses++;
                entry.stamp = clock++;
                long size = entries.values().stream().filter(e -> !e.pinned).count();
                if (agesAfter > 0 && ++sinceHalving >= agesAfter * size) {
                    sinceHalving = 0;
                    entries.values().stream().sorted(order).forEach(e -> {
                        e.stamp = clock++;
                        e.uses = Math.max(1, e.uses / 2);
                    });
                }
            }
        };
    }

    static NaiveTable sieve(long maximum, long pinLimit) {
        return new NaiveTable(maximum, pinLimit) {
            private final List<Entry> newestFirst = new ArrayList<>();
            private int hand = -1; // none: at the tail

            @Override
            void enter(Entry entry) {
                newestFirst.add(0, entry);
                if (hand >= 0) {
                    hand++;
                }
            }

            @Override
            void use(Entry entry) {
                entry.uses = 1;
            }

            @Override
            void leave(Entry entry) {
                int at = newestFirst.indexOf(entry);
                newestFirst.remove(at);
                if (at <= hand) {
                    hand--; // what comes next, towards the newest
                }
            }

            @Override
            void evictSome() {
                int at = hand < 0 ? newestFirst.size() - 1 : hand;
                while (newestFirst.get(at).uses == 1) {
                    newestFirst.get(at).uses = 0;
                    at = at == 0 ? newestFirst.size() - 1 : at - 1;
                }
                evict(newestFirst.remove(at));
                hand = at - 1;
            }
        };
    }

    static NaiveTable s3Fifo(long maximum, long pinLimit) {
        return new NaiveTable(maximum, pinLimit) {
            private final List<Entry> small = new ArrayList<>();
            private final List<Entry> main = new ArrayList<>();
            private final List<Entry> ghosts = new ArrayList<>();

            private long total(List<Entry> list) {
                return list.stream().mapToLong(entry -> entry.weight).sum();
            }

            private long maximumSmall() {
                return Math.max(1, (long) (maximum * 0.1));
            }

            private void trimGhosts(long room) {
                while (total(ghosts) > (long) (maximum * 0.9) - room) {
                    ghosts.remove(0);
                }
            }

            @Override
            void resized() {
                trimGhosts(0);
            }

            @Override
            void enter(Entry entry) {
                entry.uses = 0;
                (ghosts.removeIf(ghost -> ghost.key == entry.key) ? main : small).add(entry);
            }

            @Override
            void use(Entry entry) {
                entry.uses = Math.min(3, entry.uses + 1);
            }

            @Override
            void leave(Entry entry) {
                small.remove(entry);
                main.remove(entry);
            }

            @Override
            void evictSome() {
                if (total(small) >= maximumSmall() || main.isEmpty()) {
                    evictFromSmall();
                } else {
                    evictFromMain();
                }
            }

            private void evictFromSmall() {
                while (!small.isEmpty()) {
                    Entry oldest = small.remove(0);
                    if (oldest.uses <= 1) {
                        Entry ghost = new Entry(oldest.key, oldest.weight);
                        if (ghost.weight <= (long) (maximum * 0.9)) {
                            trimGhosts(ghost.weight);
                            ghosts.add(ghost);
                        }
                        evict(oldest);
                        return;
                    }
                    oldest.uses = 0;
                    main.add(oldest);
                    if (total(main) > maximum - maximumSmall()) {
                        evictFromMain();
                    }
                }
            }

            private void evictFromMain() {
                while (main.get(0).uses > 0) {
                    main.get(0).uses--;
                    main.add(main.remove(0));
                }
                evict(main.remove(0));
            }
        };
    }
}
