using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Experiments.Core.Files;

/// <summary>Marks the property whose column is the first of a file, wherever the property is declared.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class LeadingColumnAttribute : Attribute;

/// <summary>Marks a property that is no column itself; its own properties are columns in its place.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ColumnsOfAttribute : Attribute;

/// <summary>A column of a row record: a property, named in snake_case, with its values as text.</summary>
internal sealed class Column
{
    private static readonly ConcurrentDictionary<Type, IReadOnlyList<Column>> Known = new();

    private readonly PropertyInfo? _within;
    private readonly PropertyInfo _property;
    private readonly Type _type;
    private readonly bool _mayBeEmpty;

    private Column(PropertyInfo property, PropertyInfo? within = null)
    {
        (_within, _property) = (within, property);
        _type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        _mayBeEmpty = new NullabilityInfoContext().Create(property).WriteState == NullabilityState.Nullable;
        Name = Snake(property.Name);
        IsRequired = property.IsDefined(typeof(RequiredMemberAttribute));
    }

    /// <summary>Whether a file must have the column.</summary>
    public bool IsRequired { get; }

    /// <summary>The column's name: <c>ErrorPopulation</c> becomes <c>error_population</c>.</summary>
    public string Name { get; }

    /// <summary>The property's own name.</summary>
    public string Property => _property.Name;

    /// <summary>What a value must be, for the message about a wrong one.</summary>
    public string Expected =>
        _type.IsEnum ? $"one of {string.Join(", ", Enum.GetNames(_type).Select(Snake))}"
        : _type == typeof(double) ? "a number"
        : "a whole number";

    /// <summary>The columns of a record, in the order in which they are declared, a base record's first; the one with <see cref="LeadingColumnAttribute"/>
    /// comes first.</summary>
    public static IReadOnlyList<Column> Of(Type row) => Known.GetOrAdd(row, static row =>
    [
        .. row.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.CanWrite)
            .OrderByDescending(property => property.IsDefined(typeof(LeadingColumnAttribute)))
            .ThenBy(property => Depth(property.DeclaringType!))
            .ThenBy(property => property.MetadataToken)
            .SelectMany(property => property.IsDefined(typeof(ColumnsOfAttribute))
                ? Of(property.PropertyType).Select(column => new Column(column._property, property)) : [new Column(property)]),
    ]);

    /// <summary>The value as text, the same in every culture. Numbers read back as the same bits; null is an empty text.</summary>
    public string Text(object row) => _property.GetValue(Holder(row)) switch
    {
        null => "",
        Enum value => Snake(value.ToString()),
        double value => value.ToString("R", CultureInfo.InvariantCulture),
        var value => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    /// <summary>Sets the value from text.</summary>
    /// <returns>Whether the text was a value of the column.</returns>
    public bool TrySet(object row, string text)
    {
        if (!TryParse(text, out var value))
            return false;
        _property.SetValue(Holder(row), value);
        return true;
    }

    /// <summary>An empty row, to be filled.</summary>
    public static T New<T>()
        where T : class
    {
        var row = Activator.CreateInstance<T>();
        foreach (var part in typeof(T).GetProperties().Where(property => property.IsDefined(typeof(ColumnsOfAttribute))))
            part.SetValue(row, Activator.CreateInstance(part.PropertyType));
        return row;
    }

    private object Holder(object row) => _within is null ? row : _within.GetValue(row)!;

    private bool TryParse(string text, out object? value)
    {
        value = null;
        if (text.Length == 0 && _mayBeEmpty)
            return true;
        value = _type switch
        {
            _ when _type == typeof(string) => text,
            _ when _type == typeof(int) => int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var whole) ? whole : null,
            _ when _type == typeof(long) => long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var whole) ? whole : null,
            _ when _type == typeof(double) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null,
            _ when _type.IsEnum => Enum.GetNames(_type).FirstOrDefault(name => Snake(name) == text) is { } name ? Enum.Parse(_type, name) : null,
            _ => throw new NotSupportedException($"{_property.Name} is a {_type}, which no column holds."),
        };
        return value is not null;
    }

    private static string Snake(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);

    private static int Depth(Type type) => type.BaseType is { } parent ? Depth(parent) + 1 : 0;
}
