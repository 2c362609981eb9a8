// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentRegistry} from "../../../contracts/IDocumentRegistry.sol";
import {Registry} from "./Registry.sol";

/// @notice All that the registry remembers but the log: a ghost of its storage.
struct State {
    mapping(uint32 id => IDocumentRegistry.Institution) institutions;
    mapping(address key => IDocumentRegistry.Key) keys;
    mapping(uint32 institution => mapping(address key => IDocumentRegistry.Proposal)) proposals;
    /// @dev Institutions by jurisdiction and official number.
    mapping(bytes32 number => uint32 institution) numbers;
    mapping(uint32 operator => uint32 institution) operators;
    mapping(bytes32 keyId => IDocumentRegistry.OperatorKey) operatorKeys;
    mapping(uint64 index => IDocumentRegistry.Status) statuses;
    mapping(bytes32 slugHash => uint32 scene) scenes;
    mapping(bytes32 role => mapping(address account => bool granted)) roles;
    uint32 institutionCount;
    uint32 operatorCount;
    uint32 sceneCount;
    bool paused;
    address successor;
    uint64 size;
    uint64 lastRecordedAt;
}

/// @notice The `part` of the registry's storage that is named by `id` is not what the ghost says.
error StateDiffers(string part, bytes32 id);

/// @notice Compares a ghost with what the registry's views say.
library States {
    function checkInstitution(State storage ghost, Registry registry, uint32 id) internal view {
        _same(
            abi.encode(ghost.institutions[id]),
            abi.encode(registry.institutionOf(id)),
            "institution",
            bytes32(uint256(id))
        );
    }

    function checkKey(State storage ghost, Registry registry, address key) internal view {
        bytes32 id = bytes32(uint256(uint160(key)));
        _same(abi.encode(ghost.keys[key]), abi.encode(registry.keyOf(key)), "key", id);
    }

    function checkProposal(State storage ghost, Registry registry, uint32 id, address key) internal view {
        _same(
            abi.encode(ghost.proposals[id][key]),
            abi.encode(registry.proposalOf(id, key)),
            "proposal",
            bytes32(uint256(uint160(key)))
        );
    }

    function checkOperator(State storage ghost, Registry registry, uint32 id) internal view {
        if (ghost.operators[id] != registry.institutionOfOperator(id)) {
            revert StateDiffers("operator", bytes32(uint256(id)));
        }
    }

    function checkOperatorKey(State storage ghost, Registry registry, bytes32 keyId) internal view {
        _same(
            abi.encode(ghost.operatorKeys[keyId]),
            abi.encode(registry.operatorKeyOf(keyId)),
            "operator key",
            keyId
        );
    }

    function checkStatus(State storage ghost, Registry registry, uint64 index) internal view {
        bytes32 id = bytes32(uint256(index));
        _same(abi.encode(ghost.statuses[index]), abi.encode(registry.statusOf(index)), "status", id);
    }

    function checkScene(State storage ghost, Registry registry, string memory slug) internal view {
        bytes32 id = keccak256(bytes(slug));
        if (ghost.scenes[id] != registry.sceneOf(slug)) revert StateDiffers("scene", id);
    }

    function checkRole(State storage ghost, Registry registry, bytes32 role, address account) internal view {
        if (ghost.roles[role][account] != registry.hasRole(role, account)) revert StateDiffers("role", role);
    }

    /// @notice Counts, pause, successor and size.
    function checkWhole(State storage ghost, Registry registry) internal view {
        (uint32 institutions, uint32 operators, uint32 scenes) = registry.counts();
        (, address successor) = registry.chainOfRegistries();
        (uint64 size, ) = registry.head();
        _same(
            abi.encode(ghost.institutionCount, ghost.operatorCount, ghost.sceneCount, ghost.size),
            abi.encode(institutions, operators, scenes, size),
            "counts",
            0
        );
        _same(
            abi.encode(ghost.paused, ghost.successor),
            abi.encode(registry.paused(), successor),
            "pause or successor",
            0
        );
    }

    function _same(bytes memory ghost, bytes memory stored, string memory part, bytes32 id) private pure {
        if (keccak256(ghost) != keccak256(stored)) revert StateDiffers(part, id);
    }
}
