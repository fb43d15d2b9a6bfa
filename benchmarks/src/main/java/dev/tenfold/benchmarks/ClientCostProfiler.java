package dev.tenfold.benchmarks;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/**
 * What an operation takes of the threads that measure, in CPU time (ns) and allocation (bytes): what it costs a caller that
 * mostly waits for a server. What other threads of the virtual machine do (a pool's, probes, the compiler's) does not count;
 * JMH's own profiler of allocation counts it, and where operations are slow that is most of it.
 */
public final class ClientCostProfiler implements InternalProfiler {

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private long cpuBefore;
    private long bytesBefore;

    @Override
    public String getDescription() {
        return "CPU time and allocation of the measuring threads per operation";
    }

    @Override
    public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
        long[] workers = workers();
        cpuBefore = sum(threads.getThreadCpuTime(workers));
        bytesBefore = sum(threads.getThreadAllocatedBytes(workers));
    }

    @Override
    public Collection<? extends Result<?>> afterIteration(
            BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
        long[] workers = workers();
        double operations = Math.max(1, result.getMetadata().getAllOps());
        return List.of(
                cost("client.cpu.norm", "ns/op", (sum(threads.getThreadCpuTime(workers)) - cpuBefore) / operations),
                cost(
                        "client.alloc.norm",
                        "B/op",
                        (sum(threads.getThreadAllocatedBytes(workers)) - bytesBefore) / operations));
    }

    private static ScalarResult cost(String name, String unit, double value) {
        return new ScalarResult(name, value, unit, AggregationPolicy.AVG);
    }

    private long[] workers() {
        return Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds()))
                .filter(thread -> thread != null && thread.getThreadName().contains("jmh-worker"))
                .mapToLong(ThreadInfo::getThreadId)
                .toArray();
    }

    /** Of what is known; a thread that has ended counts as -1. */
    private static long sum(long[] values) {
        return Arrays.stream(values).filter(value -> value > 0).sum();
    }
}
