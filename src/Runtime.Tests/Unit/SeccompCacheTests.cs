using Rt.Security;
using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

[BeyondTheSpec("how compiled filters are kept for the next start")]
public sealed class SeccompCacheTests : IDisposable
{
    private const string Profile = """{"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_LOG"], "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_TRAP"}]}""";

    private readonly string directory = Directory.CreateTempSubdirectory("seccomp-cache").FullName;

    private string Cache => Path.Combine(directory, "a/b");

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void A_kept_filter_is_the_one_that_was_compiled()
    {
        SeccompFilter compiled = Get(Profile);
        string entry = Entries().Single();

        SeccompFilter kept = Get(Profile);

        Same(kept, compiled);
        Same(kept, new SeccompCache(null, "1").Get(Section(Profile)));
        kept.Flags.Should().Be(2);
        Entries().Should().Equal(entry);
    }

    [Fact]
    public void The_kept_filter_is_used_and_not_compiled_again()
    {
        Get(Profile);
        string entry = Entries().Single();
        File.SetLastWriteTimeUtc(entry, DateTime.UnixEpoch);

        Get(Profile);

        File.GetLastWriteTimeUtc(entry).Should().Be(DateTime.UnixEpoch);
    }

    [Fact]
    public void Only_root_can_read_and_write_what_is_kept()
    {
        Get(Profile);
        new DirectoryInfo(Cache).UnixFileMode.Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        new FileInfo(Entries().Single()).UnixFileMode.Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void Another_profile_and_another_build_have_entries_of_their_own()
    {
        SeccompFilter one = Get(Profile);
        SeccompFilter other = Get(Profile.Replace("mkdir", "rmdir"));
        Get(Profile, "2");

        other.Program.Should().NotEqual(one.Program);
        Entries().Should().HaveCount(3);
        Same(Get(Profile), one);
    }

    [Theory]
    [InlineData("empty")]
    [InlineData("a few bytes")]
    [InlineData("key changed")]
    [InlineData("key length changed")]
    [InlineData("one byte less")]
    [InlineData("one instruction less")]
    [InlineData("one instruction more")]
    [InlineData("program missing")]
    [InlineData("another profile's entry")]
    public void A_damaged_or_foreign_entry_is_not_believed(string damage)
    {
        SeccompFilter compiled = Get(Profile);
        string entry = Entries().Single();
        byte[] bytes = File.ReadAllBytes(entry);
        Get(Profile.Replace("mkdir", "rmdir"));
        byte[] foreign = File.ReadAllBytes(Entries().Single(path => path != entry));
        File.WriteAllBytes(entry, damage switch
        {
            "empty" => [],
            "a few bytes" => bytes[..6],
            "key changed" => [.. bytes[..40], (byte)(bytes[40] ^ 1), .. bytes[41..]],
            "key length changed" => [(byte)(bytes[0] + 8), .. bytes[1..]],
            "one byte less" => bytes[..^1],
            "one instruction less" => bytes[..^8],
            "one instruction more" => [.. bytes, .. new byte[8]],
            "program missing" => bytes[..^compiled.Program.Length],
            _ => foreign,
        });

        Same(Get(Profile), compiled);
        Same(Get(Profile), compiled);
    }

    [Fact]
    public void A_symlink_in_the_place_of_an_entry_is_not_followed()
    {
        SeccompFilter compiled = Get(Profile);
        string entry = Entries().Single(), elsewhere = Path.Combine(directory, "elsewhere");
        File.Move(entry, elsewhere);
        byte[] kept = File.ReadAllBytes(elsewhere);
        File.CreateSymbolicLink(entry, elsewhere);

        Same(Get(Profile), compiled);

        File.ReadAllBytes(elsewhere).Should().Equal(kept);
        File.ResolveLinkTarget(entry, false).Should().BeNull("the entry has been written anew");
    }

    [Fact]
    public void A_directory_in_the_place_of_an_entry_costs_time_and_not_the_container()
    {
        SeccompFilter compiled = Get(Profile);
        string entry = Entries().Single();
        File.Delete(entry);
        Directory.CreateDirectory(entry);

        Same(Get(Profile), compiled);
    }

    [Theory]
    [InlineData("/proc/self/no-such-place/cache")]
    [InlineData("/dev/null/cache")]
    public void A_directory_that_can_not_be_written_costs_time_and_not_the_container(string unwritable) =>
        Same(new SeccompCache(unwritable, "1").Get(Section(Profile)), Get(Profile));

    [Fact]
    public void The_cache_does_not_grow_without_end()
    {
        for (int errno = 1; errno <= 70; errno++) Get(Profile.Replace("SCMP_ACT_TRAP\"", $"SCMP_ACT_ERRNO\", \"errnoRet\": {errno}"));
        Entries().Length.Should().BeInRange(1, 64);
    }

    [Fact]
    public void A_bad_profile_is_not_kept()
    {
        FluentActions.Invoking(() => Get("""{"defaultAction": "X"}""")).Should().Throw<SpecException>();
        Directory.Exists(Cache).Should().BeFalse();
    }

    private SeccompFilter Get(string profile, string build = "1") => new SeccompCache(Cache, build).Get(Section(profile));

    private string[] Entries() => Directory.GetFiles(Cache);

    private static SeccompSection Section(string profile) => Configs.Seccomp(profile);

    private static void Same(SeccompFilter actual, SeccompFilter expected)
    {
        actual.Program.Should().Equal(expected.Program);
        actual.Flags.Should().Be(expected.Flags);
    }
}
