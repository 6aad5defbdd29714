using System.Text;
using Rt.Kernel;
using Rt.Plan;
using Rt.Process;

namespace Rt.Tests.Unit;

/// <summary>Runs the step that fills in HOME on a root that has nothing but an /etc/passwd.</summary>
internal static unsafe class HomeFinder
{
    /// <summary>What HOME is then.</summary>
    public static string Of(byte[] passwd, uint uid)
    {
        DirectoryInfo root = Directory.CreateTempSubdirectory("rt-home-");
        int directory = -1;
        try
        {
            File.WriteAllBytes(Path.Combine(root.CreateSubdirectory("etc").FullName, "passwd"), passwd);
            directory = FileContent.Open(root.FullName, Files.O_PATH | Files.O_DIRECTORY);
            PlanWriter plan = new();
            byte[] room = [.. "HOME="u8, .. new byte[HomeDirectory.MaxLength], .. "guard"u8];
            HomeDirectory step = new() { Uid = uid, Variable = plan.Bytes(room) };
            fixed (byte* block = plan.Finish())
            {
                Execution run = new(block);
                run[Slot.Root] = directory;
                step.Run(ref run).Should().Be(0, "what can't be read leaves the default");
                byte* variable = run.At(step.Variable);
                new Span<byte>(variable + room.Length - 5, 5).SequenceEqual("guard"u8)
                    .Should().BeTrue("what is behind the room is not touched");
                int length = Kernel.Text.Length(variable);
                length.Should().BeLessThan(5 + HomeDirectory.MaxLength);
                return Encoding.UTF8.GetString(variable + 5, length - 5);
            }
        }
        finally
        {
            if (directory >= 0) Files.close(directory);
            root.Delete(recursive: true);
        }
    }
}
