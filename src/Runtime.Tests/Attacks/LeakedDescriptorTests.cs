using System.Globalization;
using System.Text.Json.Nodes;
using Rt.Tests.Integration;
using Rt.Tests.Matrix;

namespace Rt.Tests.Attacks;

/// <summary>
/// The working directory, or the program, is named by a descriptor that the runtime has left open, /proc/self/fd/N, and so lies on the
/// host (CVE-2024-21626). The field fell for it because a directory of the host's was open when the process changed its directory. The
/// rules: no magic link is followed on the way to either; and before the program starts, nothing but what was asked for is open.
/// </summary>
[BeyondTheSpec("attacks by descriptors of the runtime's")]
public sealed class LeakedDescriptorTests
{
    private const int Descriptors = 32;

    /// <summary>Shows whether the working directory leads to the host, which has this file.</summary>
    private static readonly string Look = $"[ -e ../../../../../../../..{Repository.Binary} ] && echo escaped; pwd";

    public static TheoryData<string> Names => [.. ((string[])["/proc/self/fd/{0}", "/proc/1/fd/{0}", "/proc/thread-self/fd/{0}", "/proc/self/fd/{0}/../.."])];

    [Theory]
    [MemberData(nameof(Names))]
    public void None_is_a_working_directory(string name)
    {
        using Container running = Container.Script("sleep 100");
        running.Run("--detach").ShouldEndWith(0);
        for (int descriptor = 0; descriptor < Descriptors; descriptor++)
        {
            string path = name.Replace("{0}", $"{descriptor}");
            running.Rt("exec", "--cwd", path, running.Id, "sh", "-c", Look).ShouldEndWith(255)
                .Error.Should().StartWith("rt: ");
            using Container container = Container.Script(Look, config => config["process"]!["cwd"] = path);
            container.Run().ShouldFailWith("rt: ");
            container.ShouldHaveLeftNothing();
        }
    }

    [Fact]
    public void Nor_behind_a_link_in_the_image()
    {
        for (int descriptor = 0; descriptor < Descriptors; descriptor++)
        {
            using Container container = Container.Script(Look, config => config["process"]!["cwd"] = "/work", ownRoot: true);
            File.CreateSymbolicLink(Path.Combine(container.Root, "work"), $"/proc/self/fd/{descriptor}");
            container.Run().ShouldFailWith("rt: ");
            container.ShouldHaveLeftNothing();
        }
    }

    [Fact]
    public void One_that_the_caller_passes_on_is_none_either()
    {
        using Container container = Container.Script(Look, config => config["process"]!["cwd"] = "/proc/self/fd/3");
        Command.Shell("exec \"$1\" --root \"$2\" run --preserve-fds 1 -b \"$3\" \"$4\" 3</", Repository.Binary, container.StateRoot,
            container.Bundle, container.Id).ShouldFailWith("rt: ");
        container.ShouldHaveLeftNothing();
    }

    [Fact]
    public void None_leads_to_a_program()
    {
        for (int descriptor = 3; descriptor < Descriptors; descriptor++)
        {
            using Container container = new(config =>
                config["process"]!["args"] = new JsonArray($"/proc/self/fd/{descriptor}{Repository.Binary}", "--version"));
            container.Run().Out.Should().NotContain("rt version");
            container.ShouldHaveLeftNothing();
        }
    }

    /// <summary>However the caller's own descriptors lie, and with every standard stream closed.</summary>
    [Theory]
    [InlineData("exec 3</ 4</etc 9</proc 8</tmp")]
    [InlineData("exec 5</ <&- ")]
    [InlineData("exec 5</ >&- 2>&-")]
    public void The_program_has_none_but_its_standard_streams(string opened)
    {
        using Container container = Container.Script("sleep 100");
        Command.Shell(opened + "; exec \"$1\" --root \"$2\" run -d -b \"$3\" \"$4\"", Repository.Binary, container.StateRoot,
            container.Bundle, container.Id).ShouldEndWith(0);
        Check(container.Pid);
        Command.Shell(opened + "; exec \"$1\" --root \"$2\" exec -d --pid-file \"$3/pid\" \"$4\" sleep 100", Repository.Binary,
            container.StateRoot, container.Bundle, container.Id).ShouldEndWith(0);
        Check(int.Parse(File.ReadAllText(Path.Combine(container.Bundle, "pid")), CultureInfo.InvariantCulture));

        static void Check(int pid) => Directory.GetFiles($"/proc/{pid}/fd").Select(Path.GetFileName).Should().BeSubsetOf(["0", "1", "2"]);
    }
}
