using CsvHelper;

namespace Experiments.Core.Files;

/// <summary>
/// Row records as CSV: one column for each property, snake_case headers, numbers that are the same in every culture and read back as the same bits, an empty
/// text for null.
/// </summary>
public static class CsvFile
{
    /// <summary>Writes the rows whole or not at all.</summary>
    /// <exception cref="ExperimentException">The file cannot be written.</exception>
    public static void Write<T>(string path, IEnumerable<T> rows)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(rows);
        var columns = Column.Of(typeof(T));
        AtomicFile.Write(path, stream =>
        {
            using var csv = CsvWriter.Create(stream, CsvWriterOptions.Default with { NewLine = "\n" }, leaveOpen: true);
            csv.WriteRecord([.. columns.Select(column => column.Name)]);
            foreach (var row in rows)
                csv.WriteRecord([.. columns.Select(column => column.Text(row))]);
        });
    }

    /// <summary>
    /// Reads the rows. Columns that the record does not know are skipped, and an optional column that the file lacks keeps its default, so that files of an
    /// earlier version can still be read.
    /// </summary>
    /// <exception cref="ExperimentException">The file cannot be read, lacks a column that it must have, or has a value that does not fit; the message
    /// names file, line and column.</exception>
    public static IReadOnlyList<T> Read<T>(string path)
        where T : class
    {
        try
        {
            using var csv = CsvReader.FromFile(path, CsvReaderOptions.Default with
            {
                TrackLineNumbers = true,
                MalformedData = CsvMalformedDataHandling.Throw,
            });
            var columns = Column.Of(typeof(T)).Select(column => (column, index: Locate(csv, column, path))).Where(found => found.index is not null).ToList();
            var rows = new List<T>();
            while (csv.Read())
            {
                var row = Column.New<T>();
                foreach (var (column, index) in columns)
                {
                    if (index!.Value >= csv.FieldCount)
                        throw new ExperimentException($"{path}, line {csv.LineNumber}: the line ends before column {column.Name}.");
                    if (!column.TrySet(row, csv.GetString(index.Value)))
                    {
                        throw new ExperimentException(
                            $"{path}, line {csv.LineNumber}, column {column.Name}: '{Echo.Of(csv.GetString(index.Value))}' is not {column.Expected}.");
                    }
                }

                rows.Add(row);
            }

            return rows;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CsvFormatException)
        {
            throw new ExperimentException($"Cannot read {path}: {error.Message}", ExperimentException.BadInput, error);
        }
    }

    private static int? Locate(CsvReader csv, Column column, string path) =>
        csv.TryGetFieldIndex(column.Name, out var index) ? index : !column.IsRequired ? null : throw new ExperimentException($"{path}, line 1: missing column {column.Name}.");
}
