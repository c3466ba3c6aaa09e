// Each column's name becomes a button that sorts the rows by it: numbers by value, then words; cells without a result come last.
document.querySelectorAll('table').forEach(table => {
  const body = table.tBodies[0];
  const names = [...table.tHead.rows[0].cells];

  // [0, number], [1, words] or [2] for no result.
  const keyOf = cell => {
    const text = cell.dataset.value ?? cell.textContent.trim().replace('\u2212', '-');
    if (text === '' || text === '\u2013') return [2, 0];
    const number = /^[+-]?\d+(\.\d+)?(?![\w-])/.exec(text.replace(/,(?=\d{3})/g, '')) ?? (cell.dataset.value ? [cell.dataset.value] : null);
    return number ? [0, Number(number[0])] : [1, text];
  };

  const compare = (a, b) => a[0] - b[0] || (a[0] === 0 ? a[1] - b[1] : a[0] === 1 ? a[1].localeCompare(b[1], 'en', { numeric: true }) : 0);

  const sort = column => {
    const falling = names[column].getAttribute('aria-sort') === 'ascending';
    names.forEach(name => name.removeAttribute('aria-sort'));
    names[column].setAttribute('aria-sort', falling ? 'descending' : 'ascending');
    const rows = [...body.rows].map(row => ({ row, key: keyOf(row.cells[column]) }));
    rows.sort((a, b) => a.key[0] === 2 || b.key[0] === 2 || !falling ? compare(a.key, b.key) : compare(b.key, a.key));
    body.append(...rows.map(one => one.row));
  };

  names.forEach((name, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...name.childNodes);
    button.addEventListener('click', () => sort(column));
    name.append(button);
  });
});
