using Rt.Resctrl;
using Rt.Spec;
using Rt.Tests.Matrix;

namespace Rt.Tests.Unit;

/// <summary>Shares of caches and memory bandwidth that change, on a file system that behaves as resctrl does.</summary>
[BeyondTheSpec("rt update, a command that the specification does not have")]
public sealed class ResctrlUpdateTests : IDisposable
{
    private readonly FakeResctrl resctrl = new();

    public void Dispose() => resctrl.Dispose();

    private ResctrlUpdate Apply(IntelRdt rdt, params int[][] threads)
    {
        Queue<int[]> seen = new(threads);
        return ResctrlUpdate.Apply(rdt, "box", 4711, () => seen.Count > 1 ? seen.Dequeue() : seen.Peek(), resctrl);
    }

    [Fact]
    public void The_groups_own_schemata_change()
    {
        resctrl.Prepare("gold", "    L3:0=f;1=f\n    MB:0=100;1=100\n");
        resctrl.Members[4711] = "gold";
        Apply(new IntelRdt { L3CacheSchema = "L3:0=3", MemBwSchema = "MB:1=20" }, [1]).Made.Should().BeNull();
        resctrl.Written.Should().Equal("gold/schemata: L3:0=3\n", "gold/schemata: MB:1=20\n");
    }

    [Fact]
    public void A_container_in_the_default_group_gets_one_of_its_own_with_all_its_threads()
    {
        Apply(new IntelRdt { MemBwSchema = "MB:0=50" }, [4711, 12], [4711, 12, 13], [4711, 13, 12])
            .Made.Should().Be(resctrl.Mount + "/box");
        resctrl.Written.Should().Equal("box/schemata: MB:0=50\n", "box/tasks: 4711", "box/tasks: 12", "box/tasks: 13");
    }

    [Fact]
    public void What_was_made_can_be_put_back()
    {
        Apply(new IntelRdt { MemBwSchema = "MB:0=50" }, [4711]).Undo();
        resctrl.Groups.Should().BeEmpty();
    }

    [Fact]
    public void When_the_second_is_refused_the_first_is_put_back()
    {
        resctrl.Prepare("gold", "    L3:0=f;1=f\n    MB:0=100;1=100\n");
        resctrl.Members[4711] = "gold";
        FluentActions.Invoking(() => Apply(new IntelRdt { L3CacheSchema = "L3:0=3", MemBwSchema = "MB:bad" }, [1]))
            .Should().Throw<SpecException>().Which.Path.Should().Be("linux.intelRdt.memBwSchema");
        resctrl.Written.Should().Equal("gold/schemata: L3:0=3\n", "gold/schemata: L3:0=f;1=f\n");
    }

    [Fact]
    public void A_group_that_was_made_for_what_is_refused_is_gone_again()
    {
        FluentActions.Invoking(() => Apply(new IntelRdt { L3CacheSchema = "L3:bad" }, [1])).Should().Throw<SpecException>();
        resctrl.Groups.Should().BeEmpty();
    }

    [Fact]
    public void With_no_class_of_service_left_it_is_told_so()
    {
        resctrl.IsFull = true;
        FluentActions.Invoking(() => Apply(new IntelRdt { L3CacheSchema = "L3:0=3" }, [1]))
            .Should().Throw<SpecException>().Which.Problem.Should().Contain("no more classes of service");
    }
}
