// Byte-code of a Python that this machine does not have: node scripts/bytecode.cjs PYODIDE FOLDER REQUEST
// PYODIDE is where npm put the package `pyodide`: CPython of the same minor version in WebAssembly. Byte-code is the same
// for every machine, so what it writes is what the runtime would write. REQUEST is Python that is run with FOLDER as /work.
const [, , pyodide, folder, request] = process.argv;
const { loadPyodide } = require(pyodide);

loadPyodide({ env: { HOME: "/", PYTHONHASHSEED: "0" } }).then((python) => {
  python.FS.mkdirTree("/work");
  python.FS.mount(python.FS.filesystems.NODEFS, { root: folder }, "/work");
  python.runPython(request);
});
