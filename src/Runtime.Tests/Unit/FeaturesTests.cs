using System.Text.Json;
using System.Text.Json.Nodes;
using Rt.Cli;
using Rt.Launch;
using Rt.Mounts;
using Rt.Security;
using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

/// <summary>What rt features says, compared word by word with the reader or compiler that each word belongs to.</summary>
public sealed class FeaturesTests
{
    private static readonly Features Current = FeaturesCommand.Current();
    private static readonly JsonNode Document = JsonSerializer.SerializeToNode(Current, OutputJson.Default.Features)!;

    /// <summary>All properties of version 1.3.0 (features.md, features-linux.md); "*" stands for any key of a map.</summary>
    private static readonly HashSet<string> Defined = new(StringComparer.Ordinal)
    {
        "ociVersionMin", "ociVersionMax", "hooks", "mountOptions", "annotations", "annotations.*", "potentiallyUnsafeConfigAnnotations",
        "linux", "linux.namespaces", "linux.capabilities",
        "linux.cgroup", "linux.cgroup.v1", "linux.cgroup.v2", "linux.cgroup.systemd", "linux.cgroup.systemdUser", "linux.cgroup.rdma",
        "linux.seccomp", "linux.seccomp.enabled", "linux.seccomp.actions", "linux.seccomp.operators", "linux.seccomp.archs",
        "linux.seccomp.knownFlags", "linux.seccomp.supportedFlags",
        "linux.apparmor", "linux.apparmor.enabled", "linux.selinux", "linux.selinux.enabled",
        "linux.memoryPolicy", "linux.memoryPolicy.modes", "linux.memoryPolicy.flags",
        "linux.intelRdt", "linux.intelRdt.enabled", "linux.intelRdt.schemata", "linux.intelRdt.monitoring",
        "linux.mountExtensions", "linux.mountExtensions.idmap", "linux.mountExtensions.idmap.enabled",
        "linux.netDevices", "linux.netDevices.enabled",
    };

    [Fact]
    [Proves("features-version-06")]
    public void It_has_every_property_of_the_specification_and_no_other() =>
        Properties(Document, "").Select(property => property.Path).Distinct().Should().BeEquivalentTo(Defined);

    [Fact]
    [Proves("features-version-01", "features-version-02", "features-version-03", "features-version-04", "features-version-05")]
    public void Both_versions_are_there_in_order_and_accepted()
    {
        string min = Document["ociVersionMin"]!.GetValue<string>(), max = Document["ociVersionMax"]!.GetValue<string>();
        Version.Parse(max).Should().BeGreaterThanOrEqualTo(Version.Parse(min));
        foreach (string version in (string[])[min, max]) Accepted("ociVersion", $"\"{version}\"");
    }

    /// <summary>What is false, or empty, is what rt indeed does not have.</summary>
    [Fact]
    [Proves("features-structure-02")]
    public void Only_what_rt_does_not_support_is_false_and_nothing_is_empty() =>
        Properties(Document, "").Where(property => IsEmpty(property.Value)).Select(property => property.Path).Should().BeEmpty();

    [Fact]
    [Proves("features-annotations-01")]
    public void Annotations_have_keys_and_texts() =>
        Document["annotations"]!.AsObject().Should().NotBeEmpty()
            .And.OnlyContain(one => one.Key.Length > 0 && one.Value!.GetValueKind() == JsonValueKind.String);

    [Fact]
    [Proves("features-hooks-01")]
    public void Every_kind_of_hook_is_read()
    {
        foreach (string kind in Current.Hooks)
        {
            Spec.Hooks hooks = Configs.Read(Configs.With("hooks", $$"""{"{{kind}}": [{"path": "/bin/{{kind}}"}]}""")).Hooks;
            hooks[kind].Should().ContainSingle().Which.Path.Should().Be("/bin/" + kind);
        }

        Current.Hooks.Should().BeEquivalentTo(
            typeof(Spec.Hooks).GetProperties().Where(property => property.PropertyType == typeof(List<Hook>) && property.GetIndexParameters().Length == 0)
                .Select(property => char.ToLowerInvariant(property.Name[0]) + property.Name[1..]));
    }

    /// <summary>A bind mount warns about options that only a file system could have a meaning for.</summary>
    [Fact]
    [Proves("features-mountoptions-01", "features-mountoptions-02")]
    public void Every_mount_option_is_known_and_none_is_a_file_systems_own()
    {
        Current.MountOptions.Should().OnlyHaveUniqueItems().And.NotContain(option => option.Contains('='));
        foreach (string option in Current.MountOptions)
        {
            MountOptions.Parse([option], "").Data.Select(pair => pair.Key).Where(key => !MountOptions.IsSuperblockFlag(key))
                .Should().BeEmpty("{0} is no option of a file system", option);
            Config config = Configs.Read(Configs.With("mounts",
                $$"""[{"destination": "/x", "source": "/y", "options": ["bind", "{{option}}"{{Mappings(option)}}]"""));
            List<string> warnings = [];
            if (option != "tmpcopyup") Compile(config, warnings); // for a tmpfs
            warnings.Should().BeEmpty();
        }

        foreach (string other in (string[])["mode=700", "size=1m", "acl", "uid=1"])
            MountOptions.Parse([other], "").Data.Should().ContainSingle("{0} is a file system's", other);

        static string Mappings(string option) => option is "idmap" or "ridmap"
            ? """], "uidMappings": [{"size": 1}], "gidMappings": [{"size": 1}]}"""
            : "]}";
    }

    /// <summary>The table of config.md, "Linux mount options".</summary>
    [Fact]
    public void The_mount_options_of_the_specification_are_all_there() => Current.MountOptions.Should().Contain("""
        async atime bind defaults dev diratime dirsync exec iversion lazytime loud mand noatime nodev nodiratime noexec noiversion
        nolazytime nomand norelatime nostrictatime nosuid nosymfollow private ratime rbind rdev rdiratime relatime remount rexec rnoatime
        rnodev rnodiratime rnoexec rnorelatime rnostrictatime rnosuid rnosymfollow ro rprivate rrelatime rro rrw rshared rslave
        rstrictatime rsuid rsymfollow runbindable rw shared silent slave strictatime suid symfollow sync tmpcopyup unbindable idmap ridmap
        """.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries));

    [Fact]
    [Proves("features-linux-namespaces-01")]
    public void Every_namespace_is_taken()
    {
        foreach (string type in Current.Linux.Namespaces)
        {
            string others = type == "mount" ? "" : """{"type": "mount"}, """;
            string json = Configs.With("linux.namespaces", $$"""[{{others}}{"type": "{{type}}"}]""")
                .Replace("\"hostname\":\"box\",\"domainname\":\"test\",", "");
            if (type == "user")
                json = json.Replace("\"linux\":{", """
                    "linux":{"uidMappings": [{"containerID": 0, "hostID": 1, "size": 1}],
                    "gidMappings": [{"containerID": 0, "hostID": 1, "size": 1}],
                    """);
            Config config = Configs.Read(json);
            FluentActions.Invoking(() => Validation.Check(config)).Should().NotThrow("{0} is a namespace", type);
            config.Linux.HasNewNamespace(type).Should().BeTrue();
            FluentActions.Invoking(() => Compile(config, [])).Should().NotThrow();
        }

        Current.Linux.Namespaces.Should().BeEquivalentTo(Namespaces.NamespaceTypes.All.Keys);
    }

    [Fact]
    [Proves("features-linux-capabilities-01")]
    public void Every_capability_is_taken()
    {
        List<string> unknown = [];
        CapabilityNames.Mask(Current.Linux.Capabilities, 63, unknown.Add).Should().Be((1UL << Current.Linux.Capabilities.Count) - 1);
        unknown.Should().BeEmpty();
    }

    [Fact]
    [Proves("features-linux-seccomp-01")]
    public void Every_seccomp_action_is_taken()
    {
        foreach (string action in Current.Linux.Seccomp.Actions)
            FluentActions.Invoking(() => Filter($$"""
                "listenerPath": "/agent", "syscalls": [{"names": ["mkdir"], "action": "{{action}}"}]
                """)).Should().NotThrow("{0} is an action", action);
    }

    [Fact]
    [Proves("features-linux-seccomp-02")]
    public void Every_seccomp_operator_is_taken()
    {
        foreach (string op in Current.Linux.Seccomp.Operators)
            FluentActions.Invoking(() => Filter($$"""
                "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 1, "op": "{{op}}"}]}]
                """)).Should().NotThrow("{0} is an operator", op);
    }

    /// <summary>libseccomp puts architectures of one byte order only into a filter: the others are known, and told apart by that.</summary>
    [Fact]
    [Proves("features-linux-seccomp-03")]
    public void Every_seccomp_architecture_is_known()
    {
        foreach (string architecture in Current.Linux.Seccomp.Archs)
        {
            try
            {
                Filter($"\"architectures\": [\"{architecture}\"]");
            }
            catch (SpecException e)
            {
                e.Message.Should().Contain($"libseccomp can't filter {architecture}");
            }
        }
    }

    [Fact]
    [Proves("features-linux-seccomp-04")]
    public void Every_seccomp_flag_is_taken()
    {
        Current.Linux.Seccomp.KnownFlags.Should().Contain(Current.Linux.Seccomp.SupportedFlags);
        foreach (string flag in Current.Linux.Seccomp.KnownFlags)
            FluentActions.Invoking(() => Filter($$"""
                "flags": ["{{flag}}"], "listenerPath": "/agent", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"}]
                """)).Should().NotThrow("{0} is a flag", flag);
    }

    [Fact]
    [Proves("features-linux-mempolicy-01", "features-linux-mempolicy-02")]
    public void Every_mode_and_flag_of_a_memory_policy_is_taken()
    {
        foreach (string mode in Current.Linux.MemoryPolicy.Modes)
            Accepted("linux.memoryPolicy", $$"""{"mode": "{{mode}}", "nodes": "{{(mode is "MPOL_DEFAULT" or "MPOL_LOCAL" ? "" : "0")}}"}""");
        foreach (string flag in Current.Linux.MemoryPolicy.Flags)
            Accepted("linux.memoryPolicy", $$"""{"mode": "MPOL_BIND", "nodes": "0", "flags": ["{{flag}}"]}""");
    }

    /// <summary>The lists are the very tables that the compilers work by.</summary>
    [Fact]
    public void No_word_of_a_table_is_missing()
    {
        LinuxFeatures linux = Current.Linux;
        linux.Capabilities.Should().Equal(CapabilityNames.All);
        linux.Seccomp.Actions.Should().BeEquivalentTo(SeccompWords.Actions.Keys);
        linux.Seccomp.Operators.Should().BeEquivalentTo(SeccompWords.Operators.Keys);
        linux.Seccomp.Archs.Should().BeEquivalentTo(SeccompWords.Architectures.Keys);
        linux.Seccomp.KnownFlags.Should().BeEquivalentTo(SeccompWords.Flags.Keys);
        linux.MemoryPolicy.Modes.Should().BeEquivalentTo(MemoryPolicyWords.Modes.Keys);
        linux.MemoryPolicy.Flags.Should().BeEquivalentTo(MemoryPolicyWords.Flags.Keys);
    }

    [Fact]
    [Proves("features-linux-mountextensions-01")]
    public void Mappings_of_mounts_are_said_to_be_applied_and_are_compiled()
    {
        Current.Linux.MountExtensions.Idmap.IsEnabled.Should().BeTrue();
        LaunchPlan plan = Compile(Configs.Read(Configs.With("mounts", """
            [{"destination": "/x", "source": "/y", "options": ["bind"],
              "uidMappings": [{"containerID": 0, "hostID": 7, "size": 2}], "gidMappings": [{"containerID": 0, "hostID": 8, "size": 3}]}]
            """)), []);
        IdMap map = plan.Openings.OfType<TreeOpening>().Should().ContainSingle().Subject.IdMap!;
        map.Own!.Uids.Should().ContainSingle().Which.Should().BeEquivalentTo(new IdMapping { HostId = 7, Size = 2 });
        map.Own.Gids.Should().ContainSingle().Which.Should().BeEquivalentTo(new IdMapping { HostId = 8, Size = 3 });
    }

    private static void Accepted(string path, string value) =>
        FluentActions.Invoking(() => Validation.Check(Configs.Read(Configs.With(path, value)))).Should().NotThrow("{0} is taken", value);

    private static void Filter(string properties) =>
        SeccompCompiler.Compile(SeccompReader.Read(Configs.Seccomp($$"""{"defaultAction": "SCMP_ACT_ALLOW", {{properties}}}""")));

    private static LaunchPlan Compile(Config config, List<string> warnings) => Compiler.Compile(config,
        new LaunchOptions { Id = "box", Bundle = "/bundle", Warn = warnings.Add },
        new Host(new Cgroups.CgroupHierarchy(null, "/"), 40), _ => new SeccompFilter(new byte[8], 0));

    private static IEnumerable<(string Path, JsonNode? Value)> Properties(JsonNode? node, string prefix)
    {
        if (node is not JsonObject members) yield break;
        foreach ((string name, JsonNode? value) in members)
        {
            string path = prefix + (prefix == "annotations." ? "*" : name);
            yield return (path, value);
            foreach (var below in Properties(value, path + ".")) yield return below;
        }
    }

    private static bool IsEmpty(JsonNode? value) => value switch
    {
        null => true,
        JsonArray list => list.Count == 0,
        JsonObject members => members.Count == 0,
        _ => value.ToJsonString() is "false" or "0" or "\"\"",
    };
}
