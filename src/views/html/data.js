// What the page holds: blobs of deflated text, opened when it is asked for.

async function open(blob) {
  const text = atob(blob.textContent);
  const deflated = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) deflated[i] = text.charCodeAt(i);
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Response(stream).text();
}

const blobs = (name) => [...document.querySelectorAll(`script[data-wslog=${name}]`)];

// The rows of all blocks; each knows where its connection is.
async function readRows() {
  const rows = [];
  for (const [block, blob] of blobs("rows").entries()) {
    const text = await open(blob);
    blob.remove();
    for (const [line, row] of text.trimEnd().split("\n").entries()) {
      const tab = row.indexOf("\t");
      rows.push(Object.assign(JSON.parse(row.slice(tab + 1)), { kind: Number(row.slice(0, tab)), block, line }));
    }
  }
  return rows;
}

// The block that was opened last, for the next connection is mostly in it.
const last = { block: null, lines: [] };

async function readConnection(row) {
  if (last.block !== row.block) {
    last.lines = (await open(blobs("connections")[row.block])).split("\n");
    last.block = row.block;
  }
  return JSON.parse(last.lines[row.line]);
}
