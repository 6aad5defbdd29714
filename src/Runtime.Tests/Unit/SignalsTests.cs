using Rt.Kernel;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

[BeyondTheSpec("the words for signals and errors on the command line")]
public sealed class SignalsTests
{
    [Theory]
    [InlineData("HUP", 1)]
    [InlineData("KILL", 9)]
    [InlineData("SIGKILL", 9)]
    [InlineData("sigkill", 9)]
    [InlineData("Term", 15)]
    [InlineData("SIGCHLD", 17)]
    [InlineData("CLD", 17)]
    [InlineData("SIGIOT", 6)]
    [InlineData("SIGABRT", 6)]
    [InlineData("IO", 29)]
    [InlineData("POLL", 29)]
    [InlineData("STKFLT", 16)]
    [InlineData("SIGWINCH", 28)]
    [InlineData("SYS", 31)]
    [InlineData("RTMIN", 34)]
    [InlineData("SIGRTMIN+3", 37)]
    [InlineData("rtmin+0", 34)]
    [InlineData("RTMIN+30", 64)]
    [InlineData("RTMAX", 64)]
    [InlineData("SIGRTMAX-1", 63)]
    [InlineData("RTMAX-30", 34)]
    [InlineData("0", 0)]
    [InlineData("9", 9)]
    [InlineData("015", 15)]
    [InlineData("64", 64)]
    public void A_signal_is_read_by_name_or_number(string text, int signal) => Signals.Parse(text).Should().Be(signal);

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("SIG")]
    [InlineData("SIGSIGKILL")]
    [InlineData("KILLS")]
    [InlineData("65")]
    [InlineData("-1")]
    [InlineData("-9")]
    [InlineData("+9")]
    [InlineData(" 9")]
    [InlineData("9 ")]
    [InlineData("0x9")]
    [InlineData("9.0")]
    [InlineData("99999999999999999999")]
    [InlineData("SIG9")]
    [InlineData("RTMIN+31")]
    [InlineData("RTMIN-1")]
    [InlineData("RTMIN+")]
    [InlineData("RTMIN+x")]
    [InlineData("RTMIN+-1")]
    [InlineData("RTMIN+ 1")]
    [InlineData("RTMIN++1")]
    [InlineData("RTMAX-31")]
    [InlineData("RTMAX+1")]
    public void What_is_no_signal_is_none(string text) => Signals.Parse(text).Should().BeNull();

    [Theory]
    [InlineData(1, "SIGHUP")]
    [InlineData(9, "SIGKILL")]
    [InlineData(31, "SIGSYS")]
    [InlineData(34, "SIGRTMIN+0")]
    [InlineData(36, "SIGRTMIN+2")]
    [InlineData(64, "SIGRTMIN+30")]
    [InlineData(0, "signal 0")]
    [InlineData(32, "signal 32")]
    public void A_signal_has_a_name(int signal, string name) => Signals.Name(signal).Should().Be(name);

    [Fact]
    public void Every_name_is_read_as_its_signal()
    {
        foreach (int signal in Enumerable.Range(1, 31).Concat(Enumerable.Range(34, 31)))
            Signals.Parse(Signals.Name(signal)).Should().Be(signal);
    }

    [Theory]
    [InlineData(Errno.ENOENT, "no such file or directory")]
    [InlineData(Errno.EACCES, "permission denied")]
    [InlineData(Errno.EPERM, "operation not permitted")]
    [InlineData(Errno.ENOEXEC, "exec format error")]
    [InlineData(Errno.ENOSPC, "no space left on device")]
    [InlineData(Errno.ENOTCONN, "transport endpoint is not connected")]
    [InlineData(200, "errno 200")]
    public void An_error_number_has_the_words_that_engines_look_for(int errno, string words) => Errno.Describe(errno).Should().Be(words);

    [Fact]
    public void They_are_the_c_librarys()
    {
        int[] known = [.. Enumerable.Range(1, 133).Where(errno => Errno.Describe(errno) != $"errno {errno}")];
        known.Should().HaveCountGreaterThan(60);
        foreach (int errno in known)
        {
            string words = System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(errno);
            Errno.Describe(errno).Should().Be(char.ToLowerInvariant(words[0]) + words[1..]);
        }
    }
}
