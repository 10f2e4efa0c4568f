// What Pulumi generates of the schema for Node.js, without its types: one class a component.
const pulumi = require("@pulumi/pulumi");
const { resources } = require("./schema.json");

for (const [token, { properties }] of Object.entries(resources)) {
    const outputs = Object.fromEntries(Object.keys(properties).map((key) => [key, undefined]));
    exports[token.split(":").pop()] = class extends pulumi.ComponentResource {
        constructor(name, args, opts) {
            super(token, name, { ...outputs, ...args }, opts, true);
        }
    };
}
