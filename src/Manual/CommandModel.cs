using System.CommandLine;

namespace Rt.Manual;

/// <summary>A command as its definition in rt has it.</summary>
internal sealed record CommandModel(
    string Name, string Description, IReadOnlyList<OptionModel> Options, string Arguments, IReadOnlyList<CommandModel> Commands)
{
    /// <summary>Whether the first argument is a container.</summary>
    public bool TakesContainer => Arguments.StartsWith("container-id", StringComparison.Ordinal);

    /// <summary>Whether what stands behind the container's id is another program's.</summary>
    public bool PassesOn => TakesContainer && Name is "exec" or "ps";

    public static CommandModel Of(Command command) => new(command.Name, command.Description ?? "",
        [.. command.Options.Where(option => !option.Hidden).Select(OptionModel.Of)],
        string.Join(' ', command.Arguments.Where(argument => !argument.Hidden).Select(argument => argument.HelpName ?? argument.Name)),
        [.. command.Subcommands.Select(Of)]);
}

/// <summary>What an option's value is, for those who complete it.</summary>
internal enum ValueKind
{
    /// <summary>The option takes no value.</summary>
    None,

    /// <summary>Whatever the user has in mind.</summary>
    Text,
    Words,
    File,
    Directory,
}

/// <summary>An option as its definition in rt has it.</summary>
/// <param name="Names">The long one first.</param>
/// <param name="Value">What --help calls its value; empty: it takes none.</param>
/// <param name="Default">Empty: there is none to speak of.</param>
internal sealed record OptionModel(IReadOnlyList<string> Names, string Value, string Description, string Default)
{
    public string Long => Names[0];

    public IEnumerable<string> Short => Names.Skip(1);

    /// <summary>The values that there are, where --help lists them.</summary>
    public string[] Words => Kind == ValueKind.Words ? Value.Split('|') : [];

    public ValueKind Kind => Value switch
    {
        "" => ValueKind.None,
        "file" or "path" => ValueKind.File,
        "dir" => ValueKind.Directory,
        _ when Value.Contains('|') => ValueKind.Words,
        _ => ValueKind.Text,
    };

    public static OptionModel Of(Option option)
    {
        bool takesValue = option.Arity.MaximumNumberOfValues > 0 && option.ValueType != typeof(bool);
        string standard = takesValue && option.HasDefaultValue ? option.GetDefaultValue() as string ?? "" : "";
        string value = takesValue ? option.HelpName ?? "value" : "";
        return new OptionModel([option.Name, .. option.Aliases], value, option.Description ?? "", standard);
    }
}
