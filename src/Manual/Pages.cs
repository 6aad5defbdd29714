namespace Rt.Manual;

/// <summary>The man pages: rt(8), and one for each command.</summary>
internal static class Pages
{
    /// <summary>What of the reference goes to rt(8), beside the commands, in this order.</summary>
    private static readonly string[] Shared =
    [
        "Annotations", "The shim", "For ordinary users", "The scope of systemd", "Files", "Environment",
    ];

    /// <summary>runc(8) is what rt's users know.</summary>
    private static readonly string[] SeeAlso = ["runc(8)", "cgroups(7)", "namespaces(7)", "user_namespaces(7)", "capabilities(7)"];

    public static string Overview(CommandModel root, Reference reference, string day)
    {
        Roff page = Begin("rt", root.Description, reference, day);
        page.Section("Synopsis");
        Section introduction = reference.Titled("Commands");
        foreach (string line in ((Listing)introduction.Blocks[0]).Lines) page.Line($"`{line}`");
        page.Section("Description");
        page.Line($"`rt` is {root.Description}.");
        foreach (Block block in introduction.Blocks.OfType<Paragraph>()) page.Write(block);
        page.Section("Commands");
        foreach (CommandModel command in root.Commands)
            page.Item($"\\fBrt\\-{command.Name}\\fR(8)", () => page.Line(command.Description + "."));
        Section options = reference.Titled("Global options");
        WriteOptions(page, "Global options", root, options, reference);
        WriteRest(page, options.Blocks);
        page.Section("Exit status");
        foreach (Block block in reference.Titled("Exit codes and errors").Blocks) page.Write(block);
        foreach (string title in Shared)
        {
            page.Section(title);
            foreach (Block block in reference.Titled(title).Blocks) page.Write(block);
        }

        page.Section("See also");
        page.Line(string.Join(", ", [.. root.Commands.Select(command => Reference8($"rt-{command.Name}")), .. SeeAlso.Select(Bold)]));
        return page.ToString();
    }

    public static string Of(CommandModel command, Reference reference, string day)
    {
        Section section = reference.Of(command.Name);
        Roff page = Begin($"rt-{command.Name}", command.Description, reference, day);
        page.Section("Synopsis");
        foreach (string line in Synopsis(section, command.Name)) page.Write(new Paragraph($"`{line}`"));
        page.Section("Description");
        Block[] description = [.. section.Blocks.SkipWhile(block => block is Listing)];
        int examples = Array.FindIndex(description, block => block is Subheading { Text: "Examples" });
        Block[] rest = examples < 0 ? description : description[..examples];
        WriteRest(page, rest.Where(block => !IsExitCodes(block)));
        WriteOptions(page, "Options", command, section, reference);
        page.Section("Exit status");
        foreach (Block block in rest.Where(IsExitCodes)) page.Write(block);
        if (!rest.Any(IsExitCodes)) page.Line("0 when it is done, 1 when it failed, with one line on stderr that says why.");
        if (examples >= 0)
        {
            page.Section("Examples");
            foreach (Block block in description[(examples + 1)..]) page.Write(block);
        }

        page.Section("See also");
        IEnumerable<string> others = section.Commands.Where(other => other != command.Name);
        page.Line(string.Join(", ", ((string[])["rt", .. others.Select(other => $"rt-{other}")]).Select(Reference8)));
        return page.ToString();
    }

    /// <summary>A command's options, with what the reference says of each; what it does not speak of, the definition does.</summary>
    internal static IEnumerable<(OptionModel[] Options, string Text)> Options(CommandModel command, Section section, Reference reference)
    {
        List<OptionModel> left = [.. command.Options];
        IEnumerable<string[]> rows = [.. section.OptionRows, .. reference.Of("create").OptionRows.Where(_ => command.Name == "run")];
        foreach (string[] row in rows)
        {
            OptionModel[] described = [.. left.Where(option => Names(row[0]).Contains(option.Long))];
            if (described.Length == 0) continue;
            left.RemoveAll(described.Contains);
            yield return (described, row[1]);
        }

        foreach (OptionModel option in left)
            yield return ([option], option.Description + (option.Default.Length > 0 ? $". Default: `{option.Default}`" : ""));
    }

    /// <summary>"--cpu-period" and "--cpu-quota" of "`--cpu-period N`, `--cpu-quota N`".</summary>
    internal static HashSet<string> Names(string cell) =>
        [.. cell.Split('`').Where((_, index) => index % 2 == 1).Select(code => code.Split(' ', '[', '=')[0])];

    private static Roff Begin(string name, string description, Reference reference, string day)
    {
        Roff page = new(target => LinkText(target, name, reference));
        page.Title(name, day);
        page.Section("Name");
        page.Name(name, description);
        return page;
    }

    private static string LinkText(string target, string page, Reference reference)
    {
        if (reference.Linked(target) is not { } section) return "";
        string linked = section.Commands.FirstOrDefault() is { } command ? $"rt-{command}" : "rt";
        if (linked == page && linked != "rt") return "";
        string place = linked == "rt" ? section.Title.ToUpperInvariant() : "";
        return linked == page ? $" ({place})" : $" ({(place.Length > 0 ? place + " in " : "")}{Roff.Code(linked)}(8))";
    }

    private static IEnumerable<string> Synopsis(Section section, string command) =>
        ((Listing)section.Blocks[0]).Lines.Where(line => $"{line} ".StartsWith($"rt {command} ", StringComparison.Ordinal));

    private static void WriteOptions(Roff page, string title, CommandModel command, Section section, Reference reference)
    {
        if (command.Options.Count == 0) return;
        page.Section(title);
        foreach ((OptionModel[] options, string text) in Options(command, section, reference))
            page.Item(string.Join(", ", options.Select(Heading)), () => page.Line(text));
    }

    /// <summary>All but the tables of options.</summary>
    private static void WriteRest(Roff page, IEnumerable<Block> blocks)
    {
        foreach (Block block in blocks.Where(block => block is not Table { Header: ["option", ..] })) page.Write(block);
    }

    private static string Heading(OptionModel option)
    {
        string names = string.Join(", ", option.Short.Append(option.Long).Select(name => $"\\fB{Roff.Escape(name, literal: true)}\\fR"));
        return option.Value.Length == 0 ? names : $"{names} \\fI{Roff.Escape(option.Value, literal: true)}\\fR";
    }

    private static bool IsExitCodes(Block block) =>
        block is Paragraph { Text: var text } && text.StartsWith("Exit code", StringComparison.Ordinal);

    private static string Reference8(string page) => $"`{page}`(8)";

    private static string Bold(string page) => $"`{page[..^3]}`{page[^3..]}";
}
