namespace Rt.Plan;

/// <summary>
/// Something of the host's that rt opens before the fork, for a slot of the plan: the container's process would not be allowed
/// to, or would find something else there.
/// </summary>
/// <param name="Origin">The JSON path of the property that asks for it.</param>
internal abstract record Opening(Slot Slot, string Origin)
{
    /// <summary>A descriptor. What fails is an exception that says what was to be opened and why it can't be.</summary>
    public abstract int Open();

    /// <summary>What it does, for <c>rt plan</c>; null if the step that uses the slot says enough.</summary>
    public abstract StepDescription? Describe();
}

/// <summary>What only the caller of the compiler knows how to open.</summary>
internal sealed record LateOpening(Slot Slot, Func<int> OpenIt) : Opening(Slot, "")
{
    public override int Open() => OpenIt();

    public override StepDescription? Describe() => null;
}
