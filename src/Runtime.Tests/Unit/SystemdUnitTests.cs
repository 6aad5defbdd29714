using Rt.Systemd;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

[BeyondTheSpec("what systemd is asked for, and what its answers lead to")]
public sealed class SystemdUnitTests
{
    private const string Name = "rt-box.scope", Job = "/org/freedesktop/systemd1/job/7";

    private static readonly UnitProperty[] Properties = [new("Slice", BusValue.Of("system.slice"))];

    private static SystemdUnit Open(FakeBus bus, long milliseconds = 10_000) =>
        new(Name, BusConnection.Open(bus.Address, isBus: true, new Deadline(milliseconds, -1)));

    /// <summary>A systemd that makes a job of each of these calls, which ends so.</summary>
    private static FakeBus Bus(string result = "done", bool resultFirst = false)
    {
        FakeBus bus = new();
        foreach (string member in (string[])["StartTransientUnit", "StopUnit"])
            bus.Answers[member] = call =>
            {
                byte[] reply = bus.Return(call, "o", new BusText('o', Job)), end = bus.JobRemoved(Job, Name, result);
                return resultFirst ? [end, reply] : [reply, end];
            };
        return bus;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_scope_is_started_when_its_job_is_done(bool resultFirst)
    {
        using FakeBus bus = Bus(resultFirst: resultFirst);
        using SystemdUnit unit = Open(bus);
        unit.Start(Properties, 1234);
        bus.Called.Should().Be("Hello AddMatch Subscribe StartTransientUnit");
        BusReader match = bus.Calls[1].Message.Read("s");
        match.String().Should().Be("type='signal',sender='org.freedesktop.systemd1',path='/org/freedesktop/systemd1',"
            + "interface='org.freedesktop.systemd1.Manager',member='JobRemoved',arg2='rt-box.scope'");
        BusReader arguments = bus.Calls[3].Message.Read("ssa(sv)a(sa(sv))");
        arguments.String().Should().Be(Name);
        arguments.String().Should().Be("replace");
        Convert.ToHexStringLower(bus.Calls[3].Message.Body[arguments.Position..]).Should().Be(
            "40000000" + "00000000"
            + "05000000" + "536c69636500" + "017300" + "000000" + "0c000000" + "73797374656d2e736c69636500" + "00000000000000"
            + "04000000" + "5049447300" + "02617500" + "000000" + "04000000" + "d2040000"
            + "00000000" + "00000000");
    }

    [Fact]
    public void A_process_joins_a_scope_by_name()
    {
        using FakeBus bus = new();
        bus.Answers["AttachProcessesToUnit"] = call => [bus.Return(call, "")];
        using SystemdUnit unit = Open(bus);
        unit.Attach(1234);
        bus.Called.Should().Be("Hello AttachProcessesToUnit");
        BusReader arguments = bus.Calls[1].Message.Read("ssau");
        arguments.String().Should().Be(Name);
        arguments.String().Should().BeEmpty("it is the unit's own cgroup");
        Convert.ToHexStringLower(bus.Calls[1].Message.Body[arguments.Position..]).Should().EndWith("04000000" + "d2040000");
    }

    [Fact]
    public void A_process_that_may_not_join_is_an_error()
    {
        using FakeBus bus = new();
        bus.Answers["AttachProcessesToUnit"] = call => [bus.Error(call, "org.freedesktop.DBus.Error.AccessDenied", "Process 1234 is not yours")];
        using SystemdUnit unit = Open(bus);
        FluentActions.Invoking(() => unit.Attach(1234)).Should().Throw<RtException>()
            .WithMessage("join systemd unit rt-box.scope: Process 1234 is not yours (org.freedesktop.DBus.Error.AccessDenied)");
    }

    [Theory]
    [InlineData("/org/freedesktop/systemd1/job/8", Name, FakeBus.Systemd)] // another job of the unit
    [InlineData(Job, "other.scope", FakeBus.Systemd)]
    [InlineData(Job, Name, ":1.66")] // anybody may send such a signal
    public void The_end_of_another_job_is_none_of_its_own(string job, string name, string sender)
    {
        using FakeBus bus = new();
        bus.Answers["StartTransientUnit"] = call =>
        [
            bus.JobRemoved(job, name, "failed", sender),
            bus.Return(call, "o", new BusText('o', Job)),
            bus.JobRemoved(job, name, "failed", sender),
            bus.JobRemoved(Job, Name, "done"),
        ];
        using SystemdUnit unit = Open(bus);
        FluentActions.Invoking(() => unit.Start(Properties, 1234)).Should().NotThrow();
    }

    [Fact]
    public void A_job_that_does_not_end_is_not_waited_for_without_end()
    {
        using FakeBus bus = new();
        bus.Answers["StartTransientUnit"] = call => [bus.Return(call, "o", new BusText('o', Job))];
        using SystemdUnit unit = Open(bus, milliseconds: 2000);
        FluentActions.Invoking(() => unit.Start(Properties, 1234)).Should().Throw<RtException>()
            .WithMessage("start systemd unit rt-box.scope: no answer within 2 s");
    }

    [Theory]
    [InlineData("failed")]
    [InlineData("canceled")]
    [InlineData("timeout")]
    [InlineData("dependency")]
    [InlineData("skipped")]
    public void A_job_that_does_not_succeed_is_an_error_and_leaves_no_failed_unit(string result)
    {
        using FakeBus bus = Bus(result);
        using SystemdUnit unit = Open(bus);
        FluentActions.Invoking(() => unit.Start(Properties, 1234)).Should().Throw<RtException>()
            .WithMessage($"start systemd unit rt-box.scope: its job ended with \"{result}\"");
        bus.Called.Should().EndWith("StartTransientUnit ResetFailedUnit");
    }

    [Fact]
    public void A_failed_unit_of_that_name_is_forgotten_and_the_start_tried_again()
    {
        using FakeBus bus = Bus();
        var start = bus.Answers["StartTransientUnit"];
        bus.Answers["StartTransientUnit"] = call => bus.Called.Contains("ResetFailedUnit")
            ? start(call)
            : [bus.Error(call, "org.freedesktop.systemd1.UnitExists", "Unit rt-box.scope was already loaded or has a fragment file.")];
        using SystemdUnit unit = Open(bus);
        unit.Start(Properties, 1234);
        bus.Called.Should().Be("Hello AddMatch Subscribe StartTransientUnit ResetFailedUnit StartTransientUnit");
        unit.MayHaveStarted.Should().BeTrue();
    }

    [Fact]
    public void A_unit_of_that_name_that_runs_is_an_error()
    {
        using FakeBus bus = new();
        bus.Answers["StartTransientUnit"] =
            call => [bus.Error(call, "org.freedesktop.systemd1.UnitExists", "Unit rt-box.scope already exists.")];
        using SystemdUnit unit = Open(bus);
        FluentActions.Invoking(() => unit.Start(Properties, 1234)).Should().Throw<RtException>().WithMessage(
            "start systemd unit rt-box.scope: Unit rt-box.scope already exists. (org.freedesktop.systemd1.UnitExists)");
        bus.Called.Should().EndWith("StartTransientUnit ResetFailedUnit StartTransientUnit");
        unit.MayHaveStarted.Should().BeFalse("it is somebody else's");
    }

    [Fact]
    public void What_systemd_or_polkit_or_the_bus_refuses_is_told_in_their_words()
    {
        using FakeBus bus = new();
        bus.Answers["StartTransientUnit"] = call =>
            [bus.Error(call, "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", "Interactive authentication required.")];
        using SystemdUnit unit = Open(bus);
        FluentActions.Invoking(() => unit.Start(Properties, 1234)).Should().Throw<RtException>()
            .WithMessage("start systemd unit rt-box.scope: Interactive authentication required. "
                + "(org.freedesktop.DBus.Error.InteractiveAuthorizationRequired)");
    }

    [Theory]
    [InlineData("")]
    [InlineData("'/job'")]
    public void An_answer_of_other_types_is_refused(string value)
    {
        using FakeBus bus = new();
        bus.Answers["StartTransientUnit"] =
            call => [value.Length > 0 ? bus.Return(call, "s", VariantText.Parse(value)) : bus.Return(call, "")];
        using SystemdUnit unit = Open(bus);
        FluentActions.Invoking(() => unit.Start(Properties, 1234)).Should().Throw<RtException>()
            .WithMessage("start systemd unit rt-box.scope: what came over D-Bus is malformed: values of type *");
    }

    [Fact]
    public void What_is_no_message_is_refused()
    {
        using FakeBus bus = new();
        bus.Answers["StartTransientUnit"] = _ => ["HTTP/1.1 400 Bad Request\r\n"u8.ToArray()];
        using SystemdUnit unit = Open(bus);
        FluentActions.Invoking(() => unit.Start(Properties, 1234)).Should().Throw<RtException>()
            .WithMessage("start systemd unit rt-box.scope: what came over D-Bus is malformed: a message that is not little-endian");
    }

    [Theory]
    [InlineData("v252.38-1~deb12u1", 252, "Hello Get AddMatch Subscribe StartTransientUnit")]
    [InlineData("251", 251, "Hello Get AddMatch Subscribe StartTransientUnit")]
    public void A_property_that_systemd_does_not_know_yet_is_left_out(string version, int number, string calls)
    {
        using FakeBus bus = Bus();
        bus.Answers["Get"] = call => [bus.Return(call, "v", new Variant(BusValue.Of(version)))];
        using SystemdUnit unit = Open(bus);
        unit.Start([new("CPUWeight", BusValue.Of(0UL), Since: 252)], 1234);
        bus.Called.Should().Be(calls);
        System.Text.Encoding.ASCII.GetString(bus.Calls[^1].Message.Body).Contains("CPUWeight").Should().Be(number >= 252);
    }

    [Theory]
    [InlineData("v252.38-1~deb12u1", 252)]
    [InlineData("245", 245)]
    [InlineData("257~rc1", 257)]
    [InlineData("git", 0)]
    [InlineData("", 0)]
    [InlineData("v99999999999", 0)]
    public void A_version_begins_with_its_number(string text, int version) => SystemdVersion.Number(text).Should().Be(version);

    [Fact]
    public void A_unit_is_stopped_when_its_job_is_done_and_forgotten_if_it_failed()
    {
        using FakeBus bus = Bus();
        using SystemdUnit unit = Open(bus);
        unit.Stop();
        bus.Called.Should().Be("Hello AddMatch Subscribe StopUnit ResetFailedUnit");
        BusReader arguments = bus.Calls[3].Message.Read("ss");
        (arguments.String(), arguments.String()).Should().Be((Name, "replace"));
    }

    [Fact]
    public void A_unit_that_is_gone_need_not_be_stopped()
    {
        using FakeBus bus = new();
        bus.Answers["StopUnit"] = call => [bus.Error(call, "org.freedesktop.systemd1.NoSuchUnit", "Unit rt-box.scope not loaded.")];
        using SystemdUnit unit = Open(bus);
        unit.Stop();
        bus.Called.Should().EndWith("StopUnit");
    }

    [Fact]
    public void A_unit_that_goes_while_it_is_stopped_need_not_be_forgotten()
    {
        using FakeBus bus = Bus();
        bus.Answers["ResetFailedUnit"] = call => [bus.Error(call, "org.freedesktop.systemd1.NoSuchUnit", "Unit rt-box.scope not loaded.")];
        using SystemdUnit unit = Open(bus);
        FluentActions.Invoking(unit.Stop).Should().NotThrow();
    }

    [Fact]
    public void Properties_are_set_until_the_unit_is_stopped()
    {
        using FakeBus bus = new();
        using SystemdUnit unit = Open(bus);
        unit.Set([new("TasksMax", BusValue.Of(5UL)), new("OOMPolicy", BusValue.Of("kill"), AtStartOnly: true)]);
        bus.Called.Should().Be("Hello SetUnitProperties");
        BusReader arguments = bus.Calls[1].Message.Read("sba(sv)");
        arguments.String().Should().Be(Name);
        Convert.ToHexStringLower(bus.Calls[1].Message.Body[arguments.Position..]).Should().Be(
            "000000" + "01000000" + "18000000" + "00000000"
            + "08000000" + "5461736b734d617800" + "017400" + "0500000000000000");
    }

    [Fact]
    public void Nothing_to_set_asks_nothing_of_systemd()
    {
        using FakeBus bus = new();
        using SystemdUnit unit = Open(bus);
        unit.Set([new("OOMPolicy", BusValue.Of("kill"), AtStartOnly: true)]);
        unit.Set([]);
        bus.Calls.Should().BeEmpty();
    }

    /// <summary>As a property's value is wrapped in the answer to Get.</summary>
    private sealed record Variant(BusValue Value) : BusValue
    {
        public override string Signature => "v";

        public override void Write(BusWriter writer) => writer.Variant(Value);
    }
}
