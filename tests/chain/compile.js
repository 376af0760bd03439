// Compiles TaskMailbox.sol into build/TaskMailbox.json: its bytecode and ABI.
const fs = require("fs");
const path = require("path");
const solc = require("solc");

const source = fs.readFileSync(path.join(__dirname, "TaskMailbox.sol"), "utf8");
const input = {
  language: "Solidity",
  sources: { "TaskMailbox.sol": { content: source } },
  settings: {
    optimizer: { enabled: true, runs: 200 },
    evmVersion: "cancun",
    outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
  },
};
const output = JSON.parse(solc.compile(JSON.stringify(input)));
const errors = (output.errors || []).filter((error) => error.severity === "error");
if (errors.length > 0) {
  for (const error of errors) console.error(error.formattedMessage);
  process.exit(1);
}
const contract = output.contracts["TaskMailbox.sol"].TaskMailbox;
fs.mkdirSync(path.join(__dirname, "build"), { recursive: true });
fs.writeFileSync(
  path.join(__dirname, "build", "TaskMailbox.json"),
  JSON.stringify({ bytecode: "0x" + contract.evm.bytecode.object, abi: contract.abi }, null, 2),
);
