using Experiments.Core.Tests.Results;
using Experiments.Reports;

namespace Experiments.Tests;

/// <summary>A report in a real browser: it renders at any width, asks for nothing, and its tables sort.</summary>
[Trait("Speed", "slow")]
public sealed class ReportInBrowserTests : IDisposable
{
    // The table of runs is the last but that of runs without an error; here all have one.
    private const string Runs = "[...document.querySelectorAll('#runs table')][0]";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [BrowserFact]
    public void It_renders_in_light_and_dark_at_any_width_without_an_error_or_a_request()
    {
        var file = Report();
        using var browser = new Browser();
        var papers = new List<string>();
        foreach (var isDark in new[] { false, true })
        {
            foreach (var width in new[] { 1200, 400 })
            {
                browser.Open(file, width, isDark);
                Assert.Equal("Four words", browser.Text("document.querySelector('h1').textContent"));
                Assert.Equal(width, browser.Number("document.documentElement.clientWidth"));
                Assert.InRange(browser.Number("document.documentElement.scrollWidth"), 1, width);
                Assert.InRange(browser.Number("document.querySelector('.picture').getBoundingClientRect().width"), 250, width);
                Assert.InRange(browser.Number("document.querySelector('.picture svg').getBoundingClientRect().width"), 400, 1200); // on a narrow page it scrolls, so that its words can be read
                Assert.InRange(browser.Number("document.querySelector('.spark').getBoundingClientRect().height"), 10, 40);
                Assert.Equal("rgb(255, 255, 255)", browser.Text("getComputedStyle(document.querySelector('.picture')).backgroundColor"));
                papers.Add(browser.Text("getComputedStyle(document.documentElement).backgroundColor"));
            }
        }

        Assert.Equal(2, papers.Distinct().Count());
        Assert.Empty(browser.Console);
        Assert.Equal([new Uri(file).AbsoluteUri], browser.Requests.Distinct());
    }

    [BrowserFact]
    public void A_table_sorts_by_a_click_and_by_the_keyboard_and_a_link_opens_its_log()
    {
        using var browser = new Browser();
        browser.Open(Report(), 1200);
        var column = (int)browser.Number($"[...{Runs}.tHead.rows[0].cells].findIndex(name => name.textContent.startsWith('test error'))");
        var name = $"{Runs}.tHead.rows[0].cells[{column}]";
        var errors = $"[...{Runs}.tBodies[0].rows].map(row => row.cells[{column}].textContent).filter(text => text !== '').join(' ')";
        var before = browser.Text(errors).Split(' ');
        Assert.NotEqual(Rising(before), before);

        browser.Click($"{name}.querySelector('button')");
        Assert.Equal(Rising(before), browser.Text(errors).Split(' '));
        Assert.Equal("ascending", browser.Text($"{name}.getAttribute('aria-sort')"));
        Assert.Equal("bn-2-3", browser.Text($"{Runs}.tBodies[0].rows[{before.Length}].cells[0].textContent")); // it diverged, so it comes last

        browser.PressEnter();
        Assert.Equal(Rising(before).Reverse(), browser.Text(errors).Split(' '));
        Assert.Equal("descending", browser.Text($"{name}.getAttribute('aria-sort')"));
        Assert.Equal("bn-2-3", browser.Text($"{Runs}.tBodies[0].rows[{before.Length}].cells[0].textContent"));

        browser.Click($"{Runs}.tBodies[0].rows[0].cells[0].querySelector('a')");
        Assert.Equal(1, browser.Number("document.querySelector(':target').getBoundingClientRect().height > 0 ? 1 : 0"));
        Assert.Empty(browser.Console);
    }

    private static IEnumerable<string> Rising(IEnumerable<string> errors) => errors.OrderBy(error => double.Parse(error, System.Globalization.CultureInfo.InvariantCulture));

    private string Report()
    {
        var folder = ReportTests.FolderAt(_folder["Four words"], Sample.Figure1());
        var file = Path.Combine(folder.Root, ReportPage.FileName);
        ReportPage.Write([folder], file);
        return file;
    }

    /// <summary>A test that needs a browser, and says so where there is none.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class BrowserFactAttribute : FactAttribute
    {
        public BrowserFactAttribute() => Skip = Browser.Missing;
    }
}
