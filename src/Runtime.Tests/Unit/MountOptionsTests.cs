using Rt.Mounts;
using Rt.Spec;
using static Rt.Kernel.MountApi;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

[BeyondTheSpec("how the words of mount options are sorted")]
public sealed class MountOptionsTests
{
    [Theory]
    [InlineData("ro", MOUNT_ATTR_RDONLY, 0ul)]
    [InlineData("rw", 0ul, MOUNT_ATTR_RDONLY)]
    [InlineData("nosuid", MOUNT_ATTR_NOSUID, 0ul)]
    [InlineData("suid", 0ul, MOUNT_ATTR_NOSUID)]
    [InlineData("nodev", MOUNT_ATTR_NODEV, 0ul)]
    [InlineData("dev", 0ul, MOUNT_ATTR_NODEV)]
    [InlineData("noexec", MOUNT_ATTR_NOEXEC, 0ul)]
    [InlineData("exec", 0ul, MOUNT_ATTR_NOEXEC)]
    [InlineData("nodiratime", MOUNT_ATTR_NODIRATIME, 0ul)]
    [InlineData("diratime", 0ul, MOUNT_ATTR_NODIRATIME)]
    [InlineData("nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0ul)]
    [InlineData("symfollow", 0ul, MOUNT_ATTR_NOSYMFOLLOW)]
    [InlineData("relatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME)]
    [InlineData("noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME)]
    [InlineData("atime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME)]
    [InlineData("strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME)]
    [InlineData("nostrictatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME)]
    [InlineData("norelatime", 0ul, 0ul)]
    public void An_attribute_is_set_or_cleared_on_the_mount_or_with_r_on_all_below(string word, ulong set, ulong clear)
    {
        MountOptions plain = Parse(word);
        (plain.Set, plain.Clear, plain.RecursiveSet, plain.RecursiveClear).Should().Be((set, clear, 0ul, 0ul));

        MountOptions recursive = Parse("r" + word);
        (recursive.Set, recursive.Clear, recursive.RecursiveSet, recursive.RecursiveClear).Should().Be((0ul, 0ul, set, clear));

        recursive.Data.Should().BeEmpty();
        plain.Data.Should().BeEmpty();
    }

    [Theory]
    [InlineData("ro,rw", 0ul, MOUNT_ATTR_RDONLY)]
    [InlineData("rw,ro", MOUNT_ATTR_RDONLY, 0ul)]
    [InlineData("nosuid,nodev,suid", MOUNT_ATTR_NODEV, MOUNT_ATTR_NOSUID)]
    [InlineData("noatime,strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME)]
    [InlineData("strictatime,noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME)]
    [InlineData("noatime,relatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME)]
    [InlineData("noatime,nodiratime", MOUNT_ATTR_NOATIME | MOUNT_ATTR_NODIRATIME, MOUNT_ATTR__ATIME)]
    public void The_later_of_two_options_that_contradict_each_other_wins(string words, ulong set, ulong clear)
    {
        MountOptions options = Parse(words.Split(','));
        (options.Set, options.Clear).Should().Be((set, clear));

        MountOptions recursive = Parse(words.Split(',').Select(word => "r" + word).ToArray());
        (recursive.RecursiveSet, recursive.RecursiveClear).Should().Be((set, clear));
    }

    [Fact]
    public void The_access_time_is_cleared_whole_whenever_it_is_set() // else mount_setattr(2) says EINVAL
    {
        foreach (string word in new[] { "noatime", "strictatime", "relatime", "nostrictatime", "atime" })
            (Parse(word).Clear & MOUNT_ATTR__ATIME).Should().Be(MOUNT_ATTR__ATIME, word);
    }

    [Theory]
    [InlineData("private", MS_PRIVATE)]
    [InlineData("rprivate", MS_PRIVATE | MS_REC)]
    [InlineData("slave", MS_SLAVE)]
    [InlineData("rslave", MS_SLAVE | MS_REC)]
    [InlineData("shared", MS_SHARED)]
    [InlineData("rshared", MS_SHARED | MS_REC)]
    [InlineData("unbindable", MS_UNBINDABLE)]
    [InlineData("runbindable", MS_UNBINDABLE | MS_REC)]
    public void A_propagation_is_known_as_a_mounts_option_and_as_the_roots(string word, ulong flags)
    {
        Parse(word).Propagation.Should().Equal(flags);
        MountOptions.ParsePropagation(word).Should().Be(flags);
    }

    [Fact]
    public void Several_propagations_are_kept_in_the_order_given() =>
        Parse("rslave", "shared").Propagation.Should().Equal(MS_SLAVE | MS_REC, MS_SHARED);

    [Theory]
    [InlineData("")]
    [InlineData("ro")]
    [InlineData("SHARED")]
    public void What_is_no_propagation_is_none(string word) => MountOptions.ParsePropagation(word).Should().BeNull();

    [Theory]
    [InlineData("bind", true, false)]
    [InlineData("rbind", true, true)]
    [InlineData("bind,rbind", true, true)]
    [InlineData("rbind,bind", true, true)]
    [InlineData("ro", false, false)]
    public void A_bind_mount_is_recursive_if_rbind_is_among_its_options(string words, bool bind, bool recursive)
    {
        MountOptions options = Parse(words.Split(','));
        (options.Bind, options.Recursive).Should().Be((bind, recursive));
    }

    [Theory]
    [InlineData("mode=755", "mode", "755")]
    [InlineData("newinstance", "newinstance", null)]
    [InlineData("lowerdir=/a:/b=c", "lowerdir", "/a:/b=c")]
    [InlineData("empty=", "empty", "")]
    [InlineData("sync", "sync", null)]
    [InlineData("lazytime", "lazytime", null)]
    [InlineData("RO", "RO", null)]
    [InlineData("context=\"a,b\"", "context", "\"a,b\"")]
    public void What_is_no_option_of_mounts_is_the_file_systems(string word, string key, string? value) =>
        Parse(word).Data.Should().Equal((key, value));

    [Theory]
    [InlineData("defaults")]
    [InlineData("auto")]
    [InlineData("noauto")]
    [InlineData("")]
    public void A_word_of_fstab_that_asks_for_nothing_is_left_out(string word)
    {
        MountOptions options = Parse(word);
        (options.Set, options.Clear, options.Bind, options.Data.Count, options.Propagation.Count).Should().Be((0ul, 0ul, false, 0, 0));
    }

    [Theory]
    [InlineData("copy-symlink")]
    [InlineData("idmap=uids=0-1000-1")]
    public void An_option_that_is_not_supported_yet_is_refused_by_its_path(string word) =>
        FluentActions.Invoking(() => MountOptions.Parse(["ro", word], "mounts[3]"))
            .Should().Throw<SpecException>().Which.Path.Should().Be("mounts[3].options[1]");

    [Theory]
    [InlineData("remount", "Remount")]
    [InlineData("tmpcopyup", "CopyUp")]
    [InlineData("idmap", "IdMap")]
    [InlineData("ridmap", "IdMap IdMapRecursive")]
    [InlineData("iversion", "InodeVersion")]
    [InlineData("iversion,noiversion", "")]
    [InlineData("noiversion,iversion", "InodeVersion")]
    [InlineData("silent", "Silent")]
    [InlineData("silent,loud", "")]
    [InlineData("loud,silent", "Silent")]
    public void An_option_that_makes_something_else_of_a_mount_is_kept_from_the_file_system(string words, string expected)
    {
        MountOptions options = Parse(words.Split(','));
        options.Data.Should().BeEmpty();
        string.Join(' ', new (string, bool)[]
            {
                ("Remount", options.Remount), ("CopyUp", options.CopyUp), ("IdMap", options.IdMap),
                ("IdMapRecursive", options.IdMapRecursive), ("InodeVersion", options.InodeVersion), ("Silent", options.Silent),
            }.Where(one => one.Item2).Select(one => one.Item1)).Should().Be(expected);
    }

    [Fact]
    public void Every_option_that_rt_features_lists_is_known()
    {
        string[] known = [.. MountOptions.Known()];

        known.Should().OnlyHaveUniqueItems().And.BeInAscendingOrder(StringComparer.Ordinal);
        known.Should().Contain(["ro", "rro", "rbind", "rshared", "rnorelatime", "nosymfollow"]);
        FluentActions.Invoking(() => Parse(known)).Should().NotThrow();
    }

    [Fact]
    public void Only_the_mounts_own_ro_makes_it_read_only()
    {
        Parse("ro").Readonly.Should().BeTrue();
        Parse("rro").Readonly.Should().BeFalse();
        Parse("ro", "rw").Readonly.Should().BeFalse();
    }

    private static MountOptions Parse(params string[] words) => MountOptions.Parse(words, "mounts[0]");
}
