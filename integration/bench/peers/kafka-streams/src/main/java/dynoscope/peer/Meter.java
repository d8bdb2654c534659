package dynoscope.peer;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/** CPU and wall time of the part of the work after the first `warmCount` records, as the other children measure it. */
final class Meter {
    private final OperatingSystemMXBean system =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private final long warmCount;
    private long count;
    private long fromCpuNs;
    private long fromWallNs;

    Meter(long warmCount) {
        this.warmCount = Math.max(1, warmCount);
    }

    /** Called for each record, by the one stream thread. */
    long one() {
        if (++count == warmCount) {
            fromCpuNs = system.getProcessCpuTime();
            fromWallNs = System.nanoTime();
        }
        return count;
    }

    String measured(long rows) {
        double cpuS = (system.getProcessCpuTime() - fromCpuNs) / 1e9;
        double wallS = (System.nanoTime() - fromWallNs) / 1e9;
        return String.format(
                Locale.ROOT,
                "{\"count\":%d,\"cpuS\":%.6f,\"wallS\":%.6f,\"facts\":{\"rows\":%d}}",
                count - warmCount, cpuS, wallS, rows);
    }
}
