using Rt.Cgroups;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

/// <summary>What puts a cgroup's file back as it was. Lines are parted by "/".</summary>
[BeyondTheSpec("how a failed rt update is undone")]
public sealed class PreviousValueTests
{
    [Theory]
    [InlineData("memory.max", "100", "max", "max")]
    [InlineData("cpu.max", "5000 10000", "max 100000", "max 100000")]
    [InlineData("cpuset.cpus", "0-1", "", "\n")]
    [InlineData("io.weight", "500", "default 100/8:0 50", "default 100")]
    [InlineData("io.weight", "default 500", "default 100/8:0 50", "default 100")]
    [InlineData("io.weight", "8:0 500", "default 100/8:0 50", "8:0 50")]
    [InlineData("io.weight", "8:16 500", "default 100/8:0 50", "8:16 default")]
    [InlineData("io.bfq.weight", "8:16 500", "default 100", "8:16 default")]
    [InlineData("io.max", "8:0 rbps=5", "8:0 rbps=max wbps=7 riops=max wiops=max", "8:0 rbps=max wbps=7 riops=max wiops=max")]
    [InlineData("io.max", "8:0 rbps=5", "", "8:0 rbps=max wbps=max riops=max wiops=max")]
    [InlineData("io.max", "8:0 rbps=5", "8:01 rbps=6", "8:0 rbps=max wbps=max riops=max wiops=max")]
    [InlineData("rdma.max", "mlx5_0 hca_handle=2", "", "mlx5_0 hca_handle=max hca_object=max")]
    [InlineData("blkio.throttle.read_bps_device", "8:0 5", "8:16 7", "8:0 0")]
    [InlineData("blkio.throttle.read_bps_device", "8:16 5", "8:16 7", "8:16 7")]
    [InlineData("net_prio.ifpriomap", "eth0 5", "lo 0/eth0 3", "eth0 3")]
    [InlineData("memory.oom_control", "1", "oom_kill_disable 0/under_oom 0/oom_kill 0", "0")]
    [InlineData("memory.limit_in_bytes", "4096", "9223372036854771712", "9223372036854771712")]
    [InlineData("misc.max", "sev 3", "sev 5/tdx max", "sev 5")]
    [InlineData("misc.max", "sev 3/tdx 4", "sev 5", "sev 5/tdx max")]
    public void A_file_says_again_what_it_said(string file, string value, string before, string writes) =>
        string.Join('/', PreviousValue.Of(file, value.Replace('/', '\n'), before.Replace('/', '\n'))).Should().Be(writes);
}
