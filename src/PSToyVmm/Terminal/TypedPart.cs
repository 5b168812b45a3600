namespace PSToyVmm.Terminal;

/// <summary>What a part of what was typed is.</summary>
enum TypedPart
{
    /// <summary>Nothing for anybody.</summary>
    None,
    /// <summary>The guest's.</summary>
    Guest,
    /// <summary>The escape key, of which the next key, or its absence, says what it was.</summary>
    Escape,
    /// <summary>The user leaves.</summary>
    Detach,
    /// <summary>The menu is wanted.</summary>
    Menu,
    /// <summary>A key of the menu: <see cref="EscapeKeys.Choice"/>.</summary>
    Choice,
    /// <summary>The menu is not wanted any more.</summary>
    Back,
}
