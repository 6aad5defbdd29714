using System.Buffers;
using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Rt.Containers;

namespace Rt.Cli;

internal static class ListCommand
{
    public const string Description = "list the containers under the root directory";

    public static Command Build(CommandLine line)
    {
        Command command = new("list", Description);
        Argument<string[]> none = ContainerArgument.None();
        Option<string> format = new("--format", "-f")
            { Description = "as a table or as JSON", DefaultValueFactory = _ => "table", HelpName = "table|json" };
        Option<bool> quiet = new("--quiet", "-q") { Description = "print only ids" };
        command.Arguments.Add(none);
        command.Options.Add(format);
        command.Options.Add(quiet);
        command.SetAction(line.Action((result, store) =>
        {
            result.Some(none, 0, 0);
            List<StateOutput> containers = Read(store);
            Output.Write(result.GetValue(quiet)
                ? string.Concat(containers.Select(container => container.State.Id + "\n"))
                : result.GetValue(format) switch
                {
                    "table" => Table(containers),
                    "json" => Json(containers),
                    var other => throw new RtException($"invalid format option: {other}"),
                });
            return 0;
        }));
        return command;
    }

    /// <summary>Containers that go away meanwhile, or are damaged, do not spoil the list.</summary>
    private static List<StateOutput> Read(ContainerStore store)
    {
        List<StateOutput> containers = [];
        foreach (string id in store.Ids())
        {
            try
            {
                containers.Add(StateOutput.Read(store.Open(id)));
            }
            catch (RtException e)
            {
                Log.Warn($"load container {id}: {e.Message}");
            }
        }

        return containers;
    }

    /// <summary>Columns at least 12 wide and 3 apart, as Go's tabwriter sets them for runc.</summary>
    internal static string Table(IReadOnlyList<StateOutput> containers)
    {
        List<string[]> rows = [["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]];
        foreach (StateOutput container in containers)
        {
            rows.Add(
            [
                container.State.Id, container.Pid.ToString(CultureInfo.InvariantCulture), container.Status.Word(),
                container.State.Bundle, ContainerState.FormatTime(container.State.Created), container.Owner,
            ]);
        }

        int[] widths = [.. Enumerable.Range(0, 5).Select(column => Math.Max(12, rows.Max(row => row[column].Length) + 3))];
        StringBuilder table = new();
        foreach (string[] row in rows)
        {
            for (int column = 0; column < 5; column++) table.Append(row[column].PadRight(widths[column]));
            table.Append(row[5]).Append('\n');
        }

        return table.ToString();
    }

    private static string Json(List<StateOutput> containers)
    {
        if (containers.Count == 0) return "null\n";
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartArray();
            containers.ForEach(container => container.WriteTo(json));
            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }
}
