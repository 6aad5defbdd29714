using System.Globalization;
using Rt.Cli;

namespace Rt.Manual;

/// <summary>Usage: Manual COMMANDS.MD DIRECTORY. Writes what belongs below a prefix's share/ into DIRECTORY.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        if (arguments is not [var reference, var directory])
        {
            Console.Error.WriteLine("usage: Manual COMMANDS.MD DIRECTORY");
            return 2;
        }

        // As https://reproducible-builds.org/specs/source-date-epoch/ has it: seconds since 1970.
        if (!long.TryParse(Environment.GetEnvironmentVariable("SOURCE_DATE_EPOCH"), CultureInfo.InvariantCulture, out long epoch))
        {
            Console.Error.WriteLine("Manual: SOURCE_DATE_EPOCH says of no date that the pages are of");
            return 2;
        }

        foreach ((string path, string text) in Files(File.ReadAllText(reference), DateTimeOffset.FromUnixTimeSeconds(epoch)))
        {
            string file = Path.Combine(directory, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
        }

        return 0;
    }

    /// <summary>Paths, counted from share/, and what is in the files.</summary>
    internal static IEnumerable<(string Path, string Text)> Files(string reference, DateTimeOffset date)
    {
        CommandModel root = CommandModel.Of(CommandLine.Describe());
        Reference sections = Reference.Parse(reference);
        string day = date.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        yield return ("man/man8/rt.8", Pages.Overview(root, sections, day));
        foreach (CommandModel command in root.Commands)
            yield return ($"man/man8/rt-{command.Name}.8", Pages.Of(command, sections, day));
        yield return ("bash-completion/completions/rt", BashCompletion.Of(root));
        yield return ("zsh/site-functions/_rt", ZshCompletion.Of(root));
        yield return ("fish/vendor_completions.d/rt.fish", FishCompletion.Of(root));
    }
}
