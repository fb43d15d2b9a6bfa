package dev.tenfold.benchmarks.balance;

/** What happens to one of the servers while calls are made. */
enum Fault {
    NONE("nothing", server -> {}, server -> {}),
    KILLED("killed with SIGKILL", ServerChild::kill9, server -> {}),
    HANGS("hangs (SIGSTOP)", ServerChild::hang, ServerChild::wake),
    SLOW(FaultyServer.SLOWER + " times slower", server -> server.tell("slow"), server -> server.tell("ok")),
    BUSY("answers 503 at once", server -> server.tell("busy"), server -> server.tell("ok")),
    BACK_COLD("killed, comes back cold", ServerChild::kill9, ServerChild::startCold);

    final String words;

    @SuppressWarnings("ImmutableEnumChecker") // A method reference, which has no state.
    final Step begin;

    @SuppressWarnings("ImmutableEnumChecker")
    final Step end;

    Fault(String words, Step begin, Step end) {
        this.words = words;
        this.begin = begin;
        this.end = end;
    }

    /** Something done to a server. */
    @FunctionalInterface
    interface Step {
        void on(ServerChild server) throws Exception;
    }
}
