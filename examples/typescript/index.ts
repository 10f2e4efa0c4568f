import * as aws from "@pulumi/aws";
import * as bluegreen from "@pulumi/bluegreen";
import * as pulumi from "@pulumi/pulumi";

const region = "cn-north-1";
const config = new pulumi.Config();
const vpcId = config.require("vpcId");
const subnetIds = config.requireObject<string[]>("subnetIds"); // private ones, one a zone
const services = { keys: { port: 8080, healthPath: "/healthz" } };
const versions = { blue: "1.33", green: "1.34" };

const zone = new aws.route53.Zone("keys", { name: "example.cn", vpcs: [{ vpcId }] });

const traffic = new bluegreen.BlueGreenRoute53("keys", {
    region,
    colours: ["blue", "green"],
    weights: { blue: 90, green: 10 }, // a change of these is a shift: in place, and guarded by the gates
    entry: {
        host: "keys.example.cn",
        port: 80,
        clientCidrs: ["10.0.0.0/8"],
        operatorCidrs: ["10.1.0.0/16"],
        zone: { name: "example.cn" },
    },
    services,
    vpcId,
    nlbSubnetIds: subnetIds,
    albSubnetIds: subnetIds,
    zoneId: zone.zoneId,
});

for (const colour of ["blue", "green"] as const) {
    new bluegreen.ServiceCluster(`keys-${colour}`, {
        region,
        colour,
        cluster: { version: versions[colour] },
        services,
        vpcId,
        privateSubnetIds: subnetIds,
        targetGroups: traffic.targetGroups[colour],
        albSecurityGroupId: traffic.albSecurityGroups[colour],
    });
}

export const endpoint = traffic.endpoint;
export const addresses = traffic.addresses;
