using System.Reflection;
using System.Reflection.Emit;
using System.Text;
using System.Text.RegularExpressions;
using PSToyVmm.Engine;
using Xunit;

namespace PSToyVmm.Tests.Unit;

/// <summary>
/// The C compiler judges every wire struct of the engine against the system's headers: the size of the whole, the offset
/// of every field, and the size of those that are plain numbers.
/// </summary>
public sealed partial class NativeStructTests
{
    const BindingFlags InstanceFields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    static readonly Type[] s_wireStructs =
        [.. typeof(VmException).Assembly.GetTypes().Where(type => type.IsDefined(typeof(NativeNameAttribute))).OrderBy(type => type.FullName)];

    [CompilerFact]
    public void The_C_compiler_finds_every_wire_struct_laid_out_as_in_its_header()
    {
        Assert.NotEmpty(s_wireStructs);
        (int exitCode, string errors) = CompilerFactAttribute.Compile(SourceFor(s_wireStructs));
        Assert.True(exitCode == 0, errors);
    }

    [CompilerFact]
    public void The_judge_sees_a_wrong_offset_a_wrong_size_and_an_unknown_field()
    {
        string errors = CompilerFactAttribute.Compile(SourceFor([typeof(Misplaced)])).Errors;

        Assert.Contains("size of Misplaced", errors);
        Assert.Contains("offset of Misplaced.Size", errors);
        Assert.Contains("size of Misplaced.Type", errors);
        Assert.Contains("no_such_field", errors);
    }

    [Theory]
    [InlineData("SetupSects", "setup_sects")]
    [InlineData("Code32Start", "code32_start")]
    [InlineData("E820Table", "e820_table")]
    [InlineData("Syssize", "syssize")]
    public void A_field_is_named_in_C_as_in_CSharp_but_in_snake_case(string field, string expected) => Assert.Equal(expected, SnakeCase(field));

    static string SourceFor(IReadOnlyList<Type> types)
    {
        StringBuilder source = new("#include <stddef.h>\n");
        foreach (string header in types.Select(type => Native(type).Header).Distinct()) source.Append($"#include <{header}>\n");
        foreach (Type type in types)
        {
            NativeNameAttribute native = Native(type);
            if (!native.Partial) source.Append($"_Static_assert(sizeof({native.Name}) == {SizeOf(type)}, \"size of {type.Name}\");\n");
            foreach (FieldInfo field in type.GetFields(InstanceFields).Where(field => !IsFiller(field)))
            {
                string name = field.GetCustomAttribute<NativeFieldAttribute>()?.Name ?? SnakeCase(field.Name);
                source.Append($"_Static_assert(offsetof({native.Name}, {name}) == {OffsetOf(field)}, \"offset of {type.Name}.{field.Name}\");\n");
                if (field.FieldType.IsPrimitive || field.FieldType.IsEnum)
                    source.Append($"_Static_assert(sizeof((({native.Name} *)0)->{name}) == {SizeOf(field.FieldType)}, \"size of {type.Name}.{field.Name}\");\n");
            }
        }
        return source.ToString();
    }

    static NativeNameAttribute Native(Type type) => type.GetCustomAttribute<NativeNameAttribute>()!;

    static bool IsFiller(FieldInfo field) => field.Name.StartsWith("Reserved", StringComparison.Ordinal)
        || field.Name.StartsWith("Padding", StringComparison.Ordinal) || field.Name.StartsWith('_');

    static string SnakeCase(string name) => WordStart().Replace(name, "_").ToLowerInvariant();

    [GeneratedRegex("(?<=.)(?=[A-Z])")]
    private static partial Regex WordStart();

    // IL and not Marshal: the layout that the engine's own code sees, whatever the marshaller would make of it.
    static int SizeOf(Type type) => Evaluate(il => il.Emit(OpCodes.Sizeof, type));

    static int OffsetOf(FieldInfo field) => Evaluate(il =>
    {
        LocalBuilder value = il.DeclareLocal(field.DeclaringType!);
        il.Emit(OpCodes.Ldloca, value);
        il.Emit(OpCodes.Ldflda, field);
        il.Emit(OpCodes.Conv_U);
        il.Emit(OpCodes.Ldloca, value);
        il.Emit(OpCodes.Conv_U);
        il.Emit(OpCodes.Sub);
        il.Emit(OpCodes.Conv_I4);
    });

    static int Evaluate(Action<ILGenerator> emit)
    {
        DynamicMethod method = new("evaluate", typeof(int), null, typeof(VmException).Module, skipVisibility: true);
        ILGenerator il = method.GetILGenerator();
        emit(il);
        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<Func<int>>()();
    }

#pragma warning disable CS0649 // only its layout counts
    [NativeName("struct boot_e820_entry", "asm/bootparam.h")]
    struct Misplaced
    {
        public uint Addr;
        public uint Size;
        public byte Type;
        public byte NoSuchField;
    }
#pragma warning restore CS0649
}
