using System.Globalization;
using System.Text;
using Rt.Kernel;
using Rt.Spec;

namespace Rt.Namespaces;

/// <summary>The clocks of a new time namespace (time_namespaces(7)).</summary>
internal static class TimeOffsets
{
    /// <summary>Sets the clocks of the namespace that a process has made for its children, before anyone is in it.</summary>
    public static void Write(int pid, SortedDictionary<string, TimeOffset> offsets)
    {
        string path = $"/proc/{pid}/timens_offsets";
        foreach ((string clock, TimeOffset offset) in offsets)
        {
            int file = FileContent.Open(path, Files.O_WRONLY);
            try
            {
                FileContent.Write(file, Encoding.ASCII.GetBytes(Line(clock, offset)), path);
            }
            catch (KernelException e)
            {
                string cause = e.Errno == Errno.ERANGE
                    ? "out of range: the clock would be negative, or too far ahead"
                    : Errno.Describe(e.Errno);
                throw new RtException($"linux.timeOffsets.{clock}: set to {offset.Seconds} s and {offset.Nanoseconds} ns: {cause}");
            }
            finally
            {
                Files.close(file);
            }
        }
    }

    /// <summary>"monotonic 60 0" with a line end.</summary>
    public static string Line(string clock, TimeOffset offset) =>
        string.Create(CultureInfo.InvariantCulture, $"{clock} {offset.Seconds} {offset.Nanoseconds}\n");
}
