// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControlDefaultAdminRules} from "@openzeppelin/contracts/access/extensions/IAccessControlDefaultAdminRules.sol";
import {IDocumentRegistry} from "../../../contracts/IDocumentRegistry.sol";
import {vm} from "../Vm.sol";

/// @notice All that the registry's callers see.
interface Registry is IDocumentRegistry, IAccessControlDefaultAdminRules {}

/**
 * @notice Deploys the registry from its artifact: as contracts/ is compiled, whatever the settings for tests are.
 * `hardhat test solidity` builds it first; with files named it builds these alone, and `hardhat build` must come before.
 */
function deployRegistry(
    uint48 adminDelay,
    address governor,
    address predecessor
) returns (Registry registry) {
    bytes memory code = vm.getCode("contracts/DocumentRegistry.sol:DocumentRegistry");
    code = abi.encodePacked(code, abi.encode(adminDelay, governor, predecessor));
    address created;
    assembly ("memory-safe") {
        created := create(0, add(code, 32), mload(code))
        if iszero(created) {
            returndatacopy(0, 0, returndatasize())
            revert(0, returndatasize())
        }
    }
    return Registry(created);
}
