// Compiles every contract here into build/<name>.json: its bytecodes and ABI.
const fs = require("fs");
const path = require("path");
const solc = require("solc");

const files = fs.readdirSync(__dirname).filter((file) => file.endsWith(".sol"));
const read = (file) => [file, { content: fs.readFileSync(path.join(__dirname, file), "utf8") }];
const input = {
  language: "Solidity",
  sources: Object.fromEntries(files.map(read)),
  settings: {
    optimizer: { enabled: true, runs: 200 },
    evmVersion: "cancun",
    outputSelection: {
      "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"] },
    },
  },
};
const output = JSON.parse(solc.compile(JSON.stringify(input)));
const errors = (output.errors || []).filter((error) => error.severity === "error");
if (errors.length > 0) {
  for (const error of errors) console.error(error.formattedMessage);
  process.exit(1);
}
fs.mkdirSync(path.join(__dirname, "build"), { recursive: true });
for (const file of files) {
  const name = path.basename(file, ".sol");
  const { abi, evm } = output.contracts[file][name];
  const built = {
    bytecode: "0x" + evm.bytecode.object,
    deployed: "0x" + evm.deployedBytecode.object,
    abi,
  };
  fs.writeFileSync(path.join(__dirname, "build", name + ".json"), JSON.stringify(built, null, 2));
}
