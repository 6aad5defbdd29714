using Rt.Spec;
using Rt.Systemd;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

[BeyondTheSpec("annotations org.systemd.property.*, which engines set for the systemd cgroup driver")]
public sealed class PropertyAnnotationTests
{
    private static List<UnitProperty> Compile(string name, string value) =>
        PropertyAnnotations.Compile([new("org.systemd.property." + name, value)]);

    [Theory]
    [InlineData("TimeoutStopUSec", "uint64 5", "TimeoutStopUSec=uint64 5")]
    [InlineData("TimeoutStopSec", "uint64 5", "TimeoutStopUSec=uint64 5000000")]
    [InlineData("TimeoutStopSec", "5", "TimeoutStopUSec=uint64 5000000")]
    [InlineData("TimeoutStopSec", "byte 5", "TimeoutStopUSec=uint64 5000000")]
    [InlineData("TimeoutStopSec", "0.25", "TimeoutStopUSec=uint64 250000")]
    [InlineData("CollectMode", "'inactive-or-failed'", "CollectMode='inactive-or-failed'")]
    [InlineData("CollectMode", "\"inactive\"", "CollectMode='inactive'")]
    [InlineData("KillSignal", "int32 15", "KillSignal=15")]
    [InlineData("KillSignal", " 0x0f ", "KillSignal=15")]
    [InlineData("SendSIGHUP", "true", "SendSIGHUP=true")]
    [InlineData("SendSIGHUP", "boolean false", "SendSIGHUP=false")]
    [InlineData("After", "['a.service','b.service']", "After=['a.service', 'b.service']")]
    [InlineData("After", "@as []", "After=@as []")]
    [InlineData("After", "@as ['a']", "After=['a']")]
    [InlineData("Number", "[uint32 1, 2]", "Number=[uint32 1, uint32 2]")]
    [InlineData("Number", "int16 -3", "Number=int16 -3")]
    [InlineData("Number", "@x -9223372036854775808", "Number=int64 -9223372036854775808")]
    [InlineData("Number", "uint64 18446744073709551615", "Number=uint64 18446744073709551615")]
    [InlineData("Text", @"'it\'s \\ \""x\""'", @"Text='it\'s \\ ""x""'")]
    public void A_value_is_read_with_its_type(string name, string value, string property) =>
        Compile(name, value).Single().ToString().Should().Be(property);

    [Theory]
    [InlineData("Ab", "1", "\"Ab\" is not the name of a systemd property")]
    [InlineData("Abc.d", "1", "\"Abc.d\" is not the name*")]
    [InlineData("PIDs", "[uint32 1]", "can't be set: linux.cgroupsPath *")]
    [InlineData("Slice", "'a.slice'", "can't be set: linux.cgroupsPath *")]
    [InlineData("Number", "", "\"\" is no value of systemd's: it ends too early")]
    [InlineData("Number", "yes", "\"yes\" is no value of systemd's: a text has quotes*")]
    [InlineData("Number", "4294967296", "\"4294967296\" is no value*a number beyond 32 bits a type (\"uint64 5\")")]
    [InlineData("Number", "byte 256", "\"256\" is no D-Bus value of type \"y\"")]
    [InlineData("Number", "uint64 -1", "\"-1\" is no D-Bus value of type \"t\"")]
    [InlineData("Number", "int16 'a'", "a value of type \"n\" is expected, not a text")]
    [InlineData("Number", "5 6", "\"5 6\" is no value of systemd's: '6' is not expected there")]
    [InlineData("Number", "[1, 'a']", "a value of type \"i\" is expected, not a text")]
    [InlineData("Number", "[1", "\"[1\" is no value of systemd's: it ends too early")]
    [InlineData("Number", "[1 2]", "*'2' is not expected there")]
    [InlineData("Number", "[]", "*has an empty array without a type*")]
    [InlineData("Number", "@z 5", "\"z\" is no D-Bus type")]
    [InlineData("Number", "@(ii) 5", "a value of type \"(ii)\" is expected*")]
    [InlineData("Number", "1.5.5", "\"1.5.5\" is no D-Bus value of type \"d\"")]
    [InlineData("Text", "'a", "*a quote that does not end")]
    [InlineData("Text", "'a\\", "*a quote that does not end")]
    [InlineData("Text", "'\\x'", "*an escape \\x that is not known")]
    [InlineData("Text", "'a\0'", "*is no D-Bus value of type \"s\"")]
    [InlineData("Text", "objectpath 'a'", "*is no D-Bus value of type \"o\"")]
    [InlineData("Text", "signature '('", "*is no D-Bus value of type \"g\"")]
    [InlineData("TimeoutStopSec", "'5'", "'5' is no number of seconds")]
    [InlineData("TimeoutStopSec", "-1", "-1 is no number of seconds")]
    [InlineData("TimeoutStopSec", "uint64 18446744073709551615", "*is no number of seconds")]
    [InlineData("Number", "[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]", "*brackets in one another")]
    public void What_is_no_property_is_refused(string name, string value, string problem) =>
        FluentActions.Invoking(() => Compile(name, value)).Should().Throw<SpecException>()
            .WithMessage($"annotations.org.systemd.property.{name}: {problem}");

    [Fact]
    public void Other_annotations_are_none_of_systemds() =>
        PropertyAnnotations.Compile([new("org.systemd.propert", "x"), new("a", "'")]).Should().BeEmpty();
}
