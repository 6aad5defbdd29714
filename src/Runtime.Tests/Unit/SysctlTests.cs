using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

[BeyondTheSpec("which sysctls are the container's, which the specification does not say")]
public sealed class SysctlTests
{
    [Theory]
    [InlineData("net.ipv4.ip_forward", "net/ipv4/ip_forward")]
    [InlineData("net/ipv4/ip_forward", "net/ipv4/ip_forward")]
    [InlineData("net.ipv4.conf.eth0/1.forwarding", "net/ipv4/conf/eth0.1/forwarding")]
    [InlineData("net/ipv4/conf/eth0.1/forwarding", "net/ipv4/conf/eth0.1/forwarding")]
    [InlineData("kernel.shmmax", "kernel/shmmax")]
    [InlineData("single", "single")]
    public void A_key_is_a_file_under_proc_sys(string key, string path) => Sysctl.PathOf(key).Should().Be(path);

    [Theory]
    [InlineData("kernel.msgmax", "ipc")]
    [InlineData("kernel.msgmnb", "ipc")]
    [InlineData("kernel.msgmni", "ipc")]
    [InlineData("kernel.sem", "ipc")]
    [InlineData("kernel.shmall", "ipc")]
    [InlineData("kernel.shmmax", "ipc")]
    [InlineData("kernel.shmmni", "ipc")]
    [InlineData("kernel.shm_rmid_forced", "ipc")]
    [InlineData("kernel/shm_rmid_forced", "ipc")]
    [InlineData("fs.mqueue.queues_max", "ipc")]
    [InlineData("net.core.somaxconn", "network")]
    [InlineData("net/core/somaxconn", "network")]
    [InlineData("kernel.domainname", "uts")]
    [InlineData("user.max_pid_namespaces", "user")]
    public void A_sysctl_of_a_namespace_may_be_set_in_a_namespace_of_the_containers_own(string key, string type)
    {
        Sysctl.Problem(key, has => has == type).Should().BeNull();
        Sysctl.Problem(key, has => has != type).Should().Contain($"needs a {type} namespace");
    }

    [Theory]
    [InlineData("kernel.hostname")]
    [InlineData("kernel.core_pattern")]
    [InlineData("kernel.shmmax2")]
    [InlineData("kernel.shmmax.x")]
    [InlineData("fs.file-max")]
    [InlineData("fs.mqueue")]
    [InlineData("vm.overcommit_memory")]
    [InlineData("network.x")]
    [InlineData("net")]
    [InlineData("")]
    [InlineData("net..x")]
    [InlineData("net/../vm/swappiness")]
    [InlineData("net.//.vm.swappiness")]
    [InlineData("net/./../vm/swappiness")]
    [InlineData("/proc/sys/net/core/somaxconn")]
    [InlineData("../net.x")]
    public void Any_other_would_change_the_host_and_is_refused(string key) => Sysctl.Problem(key, _ => true).Should().NotBeNull();
}
