namespace Rt.Spec;

/// <summary>Programs to be run at certain moments of a container's life (config.md, "POSIX-platform Hooks"), in the order given.</summary>
internal sealed class Hooks
{
    public List<Hook> Prestart { get; set; } = [];
    public List<Hook> CreateRuntime { get; set; } = [];
    public List<Hook> CreateContainer { get; set; } = [];
    public List<Hook> StartContainer { get; set; } = [];
    public List<Hook> Poststart { get; set; } = [];
    public List<Hook> Poststop { get; set; } = [];

    /// <summary>The kinds by their names in config.json.</summary>
    public static readonly IReadOnlyList<string> Kinds =
        ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"];

    public List<Hook> this[string kind]
    {
        get => kind switch
        {
            "prestart" => Prestart,
            "createRuntime" => CreateRuntime,
            "createContainer" => CreateContainer,
            "startContainer" => StartContainer,
            "poststart" => Poststart,
            _ => Poststop,
        };
    }
}

internal sealed class Hook
{
    /// <summary>Absolute.</summary>
    public string Path { get; set; } = "";

    /// <summary>All of argv; empty: the path alone.</summary>
    public List<string> Args { get; set; } = [];
    public List<string> Env { get; set; } = [];

    /// <summary>Seconds after which it is aborted; null: it may take as long as it likes.</summary>
    public int? Timeout { get; set; }
}
