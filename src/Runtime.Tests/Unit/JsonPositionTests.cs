using System.Text;
using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

[BeyondTheSpec("where an error says that a value stands")]
public sealed class JsonPositionTests
{
    [Theory]
    [InlineData("@7", "", 1)]
    [InlineData("""{"a": @1}""", "a", 1)]
    [InlineData("""{"a": @{"b": 1}}""", "a", 1)]
    [InlineData("""{"a": {"b": @[1]}}""", "a.b", 1)]
    [InlineData("""{"a": {"b": [0, @1]}}""", "a.b[1]", 1)]
    [InlineData("""{"a": [{"b": 1}, [], @2]}""", "a[2]", 1)]
    [InlineData("""{"a": [{"b": 1}, {"c": {}, "d": @2}]}""", "a[1].d", 1)]
    [InlineData("""{"a": [[1, 2], [3, [4, @5]]]}""", "a[1][1][1]", 1)]
    [InlineData("[1, @2]", "[1]", 1)]
    [InlineData("[[], [[@{}]]]", "[1][0][0]", 1)]
    [InlineData("""{"a": {"b": {"c": 1}}, "d": @2}""", "d", 1)]
    [InlineData("""{"a": {"b": {"c": 1}, "d": @2}}""", "a.d", 1)]
    [InlineData("{\n\n\"a\": [\n1,\n@2]}", "a[1]", 5)]
    [InlineData("{\"x\": \"é\\n\",\r\n\"ü\": @2}", "ü", 2)]
    [InlineData("""{"net.ipv4.ip_forward": @1}""", "net.ipv4.ip_forward", 1)]
    public void A_value_is_found_by_its_place(string marked, string path, int line)
    {
        int offset = Encoding.UTF8.GetByteCount(marked[..marked.IndexOf('@')]);
        byte[] document = Encoding.UTF8.GetBytes(marked.Remove(marked.IndexOf('@'), 1));

        JsonPosition.Find(document, offset).Should().Be(new JsonPosition(path, line));
    }
}
