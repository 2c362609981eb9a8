// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentRegistry as I} from "../../../contracts/IDocumentRegistry.sol";
import {Tree} from "../support/Tree.sol";
import {DirectoryModel} from "./DirectoryModel.sol";

/// @title Recording documents and changing their statuses, as it must be
abstract contract DocumentsModel is DirectoryModel {
    using Tree for Tree.Leaves;

    // ---- anchor

    function _anchorRefused(
        address by,
        I.Group[] memory groups
    ) internal view returns (bytes memory refusal) {
        if (_expected.successor != address(0)) {
            return abi.encodeWithSelector(I.RegistryHasSuccessor.selector, _expected.successor);
        }
        if (_expected.paused) return abi.encodeWithSelector(I.RegistryPaused.selector);
        refusal = _keyRefused(by);
        if (refusal.length != 0) return refusal;
        uint32 id = _expected.keys[by].holder;
        uint8 state = _expected.institutions[id].state;
        if (state != 1) return abi.encodeWithSelector(I.RegistryInstitutionNotActive.selector, id, state);
        if (groups.length == 0) return abi.encodeWithSelector(I.RegistryEmptyBatch.selector, 0);
        uint256 total = 0;
        for (uint256 i = 0; i < groups.length && refusal.length == 0; ++i) {
            total += groups[i].payloads.length;
            refusal = _groupRefused(groups[i], i, id, total);
        }
    }

    function _keyRefused(address by) private view returns (bytes memory) {
        I.Key memory key = _expected.keys[by];
        if (key.holder == 0) return abi.encodeWithSelector(I.RegistryUnknownKey.selector, by);
        if (_inForce(key, _now())) return "";
        return abi.encodeWithSelector(I.RegistryKeyNotInForce.selector, by, key.from, key.until, _now());
    }

    function _groupRefused(
        I.Group memory group,
        uint256 position,
        uint32 id,
        uint256 total
    ) private view returns (bytes memory refusal) {
        refusal = _formRefused(group);
        if (refusal.length != 0) return refusal;
        uint256 count = group.payloads.length;
        if (count == 0) return abi.encodeWithSelector(I.RegistryEmptyBatch.selector, position);
        uint8 needed = group.kind == 4 ? 2 : 1;
        uint8 roles = _expected.institutions[id].roles;
        if (roles & needed == 0) {
            return abi.encodeWithSelector(I.RegistryRoleMissing.selector, id, roles, needed);
        }
        if (group.kind == 1 && (_expected.institutions[id].scenes >> group.scene) % 2 == 0) {
            return abi.encodeWithSelector(I.RegistrySceneNotAccredited.selector, id, group.scene);
        }
        if (total > 2_000) return abi.encodeWithSelector(I.RegistryTooManyPayloads.selector, total, 2_000);
        for (uint256 i = 0; i < count; ++i) {
            if (group.payloads[i] == 0) {
                return abi.encodeWithSelector(I.RegistryZeroPayload.selector, position, i);
            }
        }
    }

    /// @dev Kind, algorithm, flags, scene and validity.
    function _formRefused(I.Group memory group) private view returns (bytes memory) {
        uint8 kind = group.kind;
        bool document = kind == 1;
        if (!document && kind != 3 && kind != 4) {
            return abi.encodeWithSelector(I.RegistryUnsupportedKind.selector, kind);
        }
        if (group.algorithm != 1 && !(document && group.algorithm == 2)) {
            return abi.encodeWithSelector(I.RegistryUnsupportedAlgorithm.selector, kind, group.algorithm);
        }
        if (group.flags != 1 && !(document && group.flags == 0)) {
            return abi.encodeWithSelector(I.RegistryUnsupportedFlags.selector, kind, group.flags);
        }
        bool known = group.scene != 0 && group.scene <= _expected.sceneCount;
        if (document ? !known : group.scene != 0) {
            return abi.encodeWithSelector(I.RegistryUnknownScene.selector, kind, group.scene);
        }
        return _validityRefused(group.validUntil);
    }

    function _validityRefused(uint64 validUntil) private view returns (bytes memory) {
        if (validUntil == 0) return "";
        if (validUntil <= _now()) {
            return abi.encodeWithSelector(I.RegistryValidUntilPassed.selector, validUntil, _now());
        }
        if (validUntil <= MAX_TIME) return "";
        return abi.encodeWithSelector(I.RegistryTimeTooLate.selector, validUntil, MAX_TIME);
    }

    // ---- setStatus

    function _statusRefused(
        address by,
        I.Inclusion memory document,
        uint8 action,
        uint8 reason,
        I.Inclusion memory successor
    ) internal view returns (bytes memory refusal) {
        if (action == 0 || action > 4) {
            return abi.encodeWithSelector(I.RegistryUnsupportedAction.selector, action);
        }
        if (reason == 0 || reason > 6) {
            return abi.encodeWithSelector(I.RegistryUnsupportedReason.selector, reason);
        }
        refusal = _documentRefused(document, action);
        if (refusal.length != 0) return refusal;
        uint32 owner = _ownerOf(document.entry);
        refusal = _actorRefused(by, document, owner, action);
        if (refusal.length != 0) return refusal;
        refusal = _transitionRefused(document.index, action);
        if (refusal.length != 0) return refusal;
        if (action == 4) return _replacementRefused(successor, document.index, owner);
        bool empty = keccak256(abi.encode(successor)) == keccak256(abi.encode(_noInclusion()));
        return empty ? bytes("") : abi.encodeWithSelector(I.RegistryUnexpectedSuccessor.selector, action);
    }

    /// @dev A path is proof of one entry at one index of one size: it holds if and only if it is the definition's.
    function _isIncluded(I.Inclusion memory inclusion) internal view returns (bool) {
        uint64 size = inclusion.size;
        if (_rootsThen[size] == 0 || inclusion.index >= size) return false;
        if (keccak256(inclusion.entry) != keccak256(_entries[inclusion.index])) return false;
        bytes32[] memory path = _tree.path(inclusion.index, size);
        return keccak256(abi.encode(path)) == keccak256(abi.encode(inclusion.proof));
    }

    /// @dev A document, or a consent that is revoked.
    function _documentRefused(I.Inclusion memory document, uint8 action) private view returns (bytes memory) {
        bytes memory entry = document.entry;
        if (entry.length != 80 || entry[0] != 0x01) {
            return abi.encodeWithSelector(I.RegistryEntryMalformed.selector, entry.length);
        }
        if (_rootsThen[document.size] == 0) {
            return abi.encodeWithSelector(I.RegistryUnknownSize.selector, document.size);
        }
        if (!_isIncluded(document)) {
            return abi.encodeWithSelector(I.RegistryProofInvalid.selector, document.index, document.size);
        }
        uint8 kind = uint8(entry[1]);
        if (kind == 1 || (kind == 3 && action == 1)) return "";
        return abi.encodeWithSelector(I.RegistryNotADocument.selector, document.index, kind);
    }

    function _ownerOf(bytes memory entry) internal pure returns (uint32) {
        return uint32(_word(entry, 0) >> 192);
    }

    /// @dev Governance acts for an owner whose key the caller does not have.
    function _actorOf(address by, uint32 owner) internal view returns (uint32) {
        return _expected.keys[by].holder != owner && _has(ACCREDITOR, by) ? 0 : owner;
    }

    function _actorRefused(
        address by,
        I.Inclusion memory document,
        uint32 owner,
        uint8 action
    ) private view returns (bytes memory refusal) {
        uint8 state = _expected.institutions[owner].state;
        if (_actorOf(by, owner) == 0) {
            if (state != 1) return "";
            return abi.encodeWithSelector(I.RegistryInstitutionActive.selector, owner);
        }
        refusal = _keyRefused(by);
        uint32 caller = _expected.keys[by].holder;
        if (refusal.length != 0) return refusal;
        if (caller != owner) {
            return abi.encodeWithSelector(I.RegistryNotYourEntry.selector, document.index, owner, caller);
        }
        bool consent = document.entry[1] == 0x03;
        bool harmless = consent ? action == 1 : action == 2;
        if (state == 1 || (state == 2 && harmless)) return "";
        return _inactive(owner);
    }

    function _transitionRefused(uint64 index, uint8 action) private view returns (bytes memory) {
        I.Status memory present = _expected.statuses[index];
        if (present.action == 1 || present.action == 4) {
            return abi.encodeWithSelector(I.RegistryEntryFinal.selector, index, present.action);
        }
        bool suspended = present.action == 2;
        if ((action == 2 && suspended) || (action == 3 && !suspended)) {
            return abi.encodeWithSelector(I.RegistryStatusUnchanged.selector, index, action);
        }
        return "";
    }

    function _replacementRefused(
        I.Inclusion memory successor,
        uint64 document,
        uint32 owner
    ) private view returns (bytes memory refusal) {
        refusal = _documentRefused(successor, 4);
        if (refusal.length != 0) return refusal;
        uint64 index = successor.index;
        uint32 itsOwner = _ownerOf(successor.entry);
        if (itsOwner != owner) {
            return abi.encodeWithSelector(I.RegistryNotYourEntry.selector, index, itsOwner, owner);
        }
        if (index == document) return abi.encodeWithSelector(I.RegistrySuccessorIsItself.selector, index);
        uint8 action = _expected.statuses[index].action;
        if (action == 0 || action == 3) return "";
        return abi.encodeWithSelector(I.RegistrySuccessorWithdrawn.selector, index, action);
    }

    function _noInclusion() internal pure returns (I.Inclusion memory) {}
}
