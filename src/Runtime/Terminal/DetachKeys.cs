namespace Rt.Terminal;

/// <summary>Keys which, typed one after the other, end a viewer and do not reach the container.</summary>
internal sealed class DetachKeys
{
    private readonly byte[] keys;

    /// <summary>By how many keys were typed: how many of these, at the end, are the first of the list again.</summary>
    private readonly int[] kept;
    private int typed;

    private DetachKeys(byte[] keys)
    {
        this.keys = keys;
        kept = new int[keys.Length + 1];
        for (int i = 1, same = 0; i < keys.Length; i++)
        {
            while (same > 0 && keys[i] != keys[same]) same = kept[same];
            if (keys[i] == keys[same]) same++;
            kept[i + 1] = same;
        }
    }

    /// <summary>
    /// Keys with commas between them: one character each, or "ctrl-" with a letter or one of @ [ \ ] ^ _. An empty text: there are none.
    /// Null: it is no such list.
    /// </summary>
    public static DetachKeys? Parse(string text)
    {
        if (text.Length == 0) return new DetachKeys([]);
        int[] keys = Array.ConvertAll(text.Split(','), KeyOf);
        return keys.Contains(-1) ? null : new DetachKeys(Array.ConvertAll(keys, key => (byte)key));
    }

    /// <summary>-1 if it is none.</summary>
    private static int KeyOf(string name)
    {
        const string Control = "ctrl-";
        if (name.Length == 1 && char.IsAscii(name[0])) return name[0];
        if (name.Length != Control.Length + 1 || !name.StartsWith(Control, StringComparison.Ordinal)) return -1;
        char key = char.ToUpperInvariant(name[^1]);
        return key is >= '@' and <= '_' ? key - '@' : -1;
    }

    /// <summary>
    /// Takes what was typed and appends to <paramref name="passed"/> what goes on to the container. Keys that may be the first of the
    /// list are held back until the next one tells. True: the last one of the list was typed.
    /// </summary>
    public bool Pass(ReadOnlySpan<byte> input, List<byte> passed)
    {
        foreach (byte key in input)
            if (Pass(key, passed))
                return true;
        return false;
    }

    private bool Pass(byte key, List<byte> passed)
    {
        while (keys.Length > 0)
        {
            if (key == keys[typed]) return ++typed == keys.Length;
            if (typed == 0) break;
            // The first that were held back are the container's; the others may begin anew.
            passed.AddRange(keys.AsSpan(0, typed - kept[typed]));
            typed = kept[typed];
        }

        passed.Add(key);
        return false;
    }
}
