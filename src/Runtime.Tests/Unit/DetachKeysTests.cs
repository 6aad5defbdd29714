using System.Text;
using Rt.Terminal;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

[BeyondTheSpec("keys by which a viewer leaves a container")]
public sealed class DetachKeysTests
{
    /// <summary>What the container gets of what is typed; "!" at the end: the viewer leaves.</summary>
    private static string Typed(string keys, params string[] pieces)
    {
        DetachKeys detach = DetachKeys.Parse(keys)!;
        List<byte> passed = [];
        foreach (string piece in pieces)
            if (detach.Pass(Encoding.Latin1.GetBytes(piece), passed))
                return Encoding.Latin1.GetString(passed.ToArray()) + "!";
        return Encoding.Latin1.GetString(passed.ToArray());
    }

    [Theory]
    [InlineData("ctrl-p,ctrl-q", "ls\n", "ls\n")]
    [InlineData("ctrl-p,ctrl-q", "ls\u0010\u0011", "ls!")]
    [InlineData("ctrl-p,ctrl-q", "\u0010x\u0011", "\u0010x\u0011")]
    [InlineData("ctrl-p,ctrl-q", "\u0010\u0010\u0011more", "\u0010!")]
    [InlineData("ctrl-p,ctrl-q", "\u0010", "")]
    [InlineData("a,a,b", "aaab", "a!")]
    [InlineData("a,b,a,c", "ababac", "ab!")]
    [InlineData("q", "xq", "x!")]
    [InlineData("", "\u0010\u0011", "\u0010\u0011")]
    [InlineData("ctrl-@", "x\0", "x!")]
    [InlineData("CTRL-a", "\u0001", null)]
    public void The_container_gets_all_but_the_keys(string keys, string typed, string? passed)
    {
        if (passed == null) DetachKeys.Parse(keys).Should().BeNull();
        else
        {
            Typed(keys, typed).Should().Be(passed);
            Typed(keys, [.. typed.Select(key => $"{key}")]).Should().Be(passed, "it makes no difference in which pieces they come");
        }
    }

    [Theory]
    [InlineData("ctrl-A", "\u0001")]
    [InlineData("ctrl-[", "\u001b")]
    [InlineData("ctrl-_", "\u001f")]
    public void A_name_stands_for_a_key(string name, string key) => Typed(name, key).Should().Be("!");

    [Theory]
    [InlineData("ctrl-")]
    [InlineData("ctrl-1")]
    [InlineData("ctrl-pq")]
    [InlineData("ctrl-p,")]
    [InlineData("ab")]
    [InlineData("\u00e4")]
    public void Other_words_are_no_keys(string keys) => DetachKeys.Parse(keys).Should().BeNull();

    /// <summary>As many as an argument of the command line has room for.</summary>
    [Fact]
    public void However_many_keys_there_are_what_is_typed_comes_through()
    {
        const int Keys = 60_000;
        string typed = string.Concat(Enumerable.Repeat('a', Keys));
        Typed($"{string.Join(',', typed.Select(key => $"{key}"))},b", typed + "c").Should().Be(typed + "c");
    }
}
