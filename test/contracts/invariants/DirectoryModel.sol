// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentRegistry as I} from "../../../contracts/IDocumentRegistry.sol";
import {GovernanceModel} from "./GovernanceModel.sol";

/// @title Institutions, operators, scenes and the windows of keys, as they must be
abstract contract DirectoryModel is GovernanceModel {
    uint64 internal constant ADMIN_DELAY = 172_800;

    // ---- institutions

    function _registerRefused(
        address by,
        address admin,
        I.Profile memory profile
    ) internal view returns (bytes memory refusal) {
        refusal = _roleRefused(by, ACCREDITOR);
        if (refusal.length != 0) return refusal;
        if (admin == address(0)) return abi.encodeWithSelector(I.RegistryZeroAddress.selector);
        return _profileRefused(profile);
    }

    function _amendRefused(
        address by,
        uint32 id,
        I.Profile memory profile
    ) internal view returns (bytes memory refusal) {
        refusal = _roleRefused(by, ACCREDITOR);
        if (refusal.length == 0) refusal = _idRefused(id);
        if (refusal.length == 0) refusal = _profileRefused(profile);
    }

    function _profileRefused(I.Profile memory profile) private pure returns (bytes memory refusal) {
        if (profile.roles == 0 || profile.roles > 3) {
            return abi.encodeWithSelector(I.RegistryUnsupportedRoles.selector, profile.roles);
        }
        refusal = _lengthRefused(bytes(profile.jurisdiction).length, 16);
        if (refusal.length == 0) refusal = _lengthRefused(bytes(profile.officialNumber).length, 64);
        if (refusal.length == 0) refusal = _namesRefused(profile.names);
    }

    function _namesRefused(I.Names memory names) internal pure returns (bytes memory refusal) {
        refusal = _lengthRefused(bytes(names.zhHans).length, 256);
        if (refusal.length == 0) refusal = _lengthRefused(bytes(names.zhHant).length, 256);
        if (refusal.length == 0) refusal = _lengthRefused(bytes(names.en).length, 256);
    }

    function _idRefused(uint32 id) internal view returns (bytes memory) {
        if (id != 0 && id <= _expected.institutionCount) return "";
        return abi.encodeWithSelector(I.RegistryUnknownInstitution.selector, id);
    }

    function _stateRefused(address by, uint32 id, uint8 state) internal view returns (bytes memory refusal) {
        refusal = _roleRefused(by, ACCREDITOR);
        if (refusal.length == 0) refusal = _idRefused(id);
        if (refusal.length != 0) return refusal;
        uint8 from = _expected.institutions[id].state;
        bool suspends = from == 1 && state == 2;
        bool reinstates = from == 2 && state == 1;
        bool withdraws = from != 3 && state == 3;
        if (suspends || reinstates || withdraws) return "";
        return abi.encodeWithSelector(I.RegistryStateChange.selector, id, from, state);
    }

    function _scheduleRefused(
        address by,
        uint32 id,
        address admin
    ) internal view returns (bytes memory refusal) {
        refusal = _roleRefused(by, ACCREDITOR);
        if (refusal.length == 0) refusal = _idRefused(id);
        if (refusal.length != 0 || admin != address(0)) return refusal;
        return abi.encodeWithSelector(I.RegistryZeroAddress.selector);
    }

    function _acceptRefused(address by, uint32 id) internal view returns (bytes memory) {
        I.Institution memory institution = _expected.institutions[id];
        if (institution.nextAdmin == by && _now() >= institution.nextAdminFrom) return "";
        return
            abi.encodeWithSelector(I.RegistryAdminNotScheduled.selector, id, by, institution.nextAdminFrom);
    }

    function _adminRefused(address by, uint32 id) internal view returns (bytes memory refusal) {
        refusal = _idRefused(id);
        if (refusal.length != 0 || _expected.institutions[id].admin == by) return refusal;
        return abi.encodeWithSelector(I.RegistryNotAdmin.selector, id, by);
    }

    // ---- windows of keys, of institutions and operators alike

    function _windowRefused(
        I.Key memory key,
        uint64 from,
        uint64 until
    ) internal view returns (bytes memory) {
        if (key.holder != 0) return abi.encodeWithSelector(I.RegistryKeyTaken.selector, key.holder);
        if (from > MAX_TIME || until > MAX_TIME) {
            uint64 late = from > MAX_TIME ? from : until;
            return abi.encodeWithSelector(I.RegistryTimeTooLate.selector, late, MAX_TIME);
        }
        if (until == 0 || (from < until && _now() < until)) return "";
        return abi.encodeWithSelector(I.RegistryKeyWindow.selector, from, until, _now());
    }

    function _retirementRefused(I.Key memory key, uint64 until) internal view returns (bytes memory) {
        uint64 end = until == 0 ? _now() : until;
        uint64 last = key.until == 0 ? MAX_TIME : key.until - 1;
        if (end >= _now() && end <= last) return "";
        return abi.encodeWithSelector(I.RegistryKeyRetirement.selector, key.until, _now());
    }

    function _reportRefused(I.Key memory key, uint64 since) internal view returns (bytes memory) {
        uint64 latest = key.compromisedSince == 0 ? _now() : key.compromisedSince - 1;
        if (since >= key.addedAt && since <= latest) return "";
        return abi.encodeWithSelector(I.RegistryCompromiseTime.selector, since, key.addedAt, latest);
    }

    // ---- keys of institutions

    function _addKeyRefused(
        address by,
        uint32 id,
        address key,
        uint64 from,
        uint64 until
    ) internal view returns (bytes memory refusal) {
        refusal = _adminRefused(by, id);
        if (refusal.length != 0) return refusal;
        if (key == address(0)) return abi.encodeWithSelector(I.RegistryZeroAddress.selector);
        return _windowRefused(_expected.keys[key], from, until);
    }

    function _retireKeyRefused(
        address by,
        address key,
        uint64 until
    ) internal view returns (bytes memory refusal) {
        uint32 id = _expected.keys[key].holder;
        if (id == 0) return abi.encodeWithSelector(I.RegistryUnknownKey.selector, key);
        refusal = _adminRefused(by, id);
        if (refusal.length != 0) return refusal;
        I.Institution memory institution = _expected.institutions[id];
        bool last = !_expected.retired[key] && institution.keysInUse == 1 && institution.state != 3;
        if (last) return abi.encodeWithSelector(I.RegistryLastKey.selector, id);
        return _retirementRefused(_expected.keys[key], until);
    }

    function _reportKeyRefused(
        address by,
        address key,
        uint64 since
    ) internal view returns (bytes memory refusal) {
        uint32 id = _expected.keys[key].holder;
        if (id == 0) return abi.encodeWithSelector(I.RegistryUnknownKey.selector, key);
        if (!_has(ACCREDITOR, by)) refusal = _adminRefused(by, id);
        if (refusal.length == 0) refusal = _reportRefused(_expected.keys[key], since);
    }

    // ---- operators

    function _operatorRefused(
        address by,
        uint32 institution,
        string memory name
    ) internal view returns (bytes memory refusal) {
        refusal = _roleRefused(by, ACCREDITOR);
        if (refusal.length == 0 && institution != 0) refusal = _idRefused(institution);
        if (refusal.length == 0) refusal = _lengthRefused(bytes(name).length, 256);
    }

    function _keeperRefused(address by, uint32 operator) internal view returns (bytes memory) {
        if (operator == 0 || operator > _expected.operatorCount) {
            return abi.encodeWithSelector(I.RegistryUnknownOperator.selector, operator);
        }
        uint32 institution = _expected.operators[operator];
        return institution == 0 ? _roleRefused(by, ACCREDITOR) : _adminRefused(by, institution);
    }

    function _addOperatorKeyRefused(
        address by,
        uint32 operator,
        uint8 purpose,
        bytes memory publicKey,
        uint64 from,
        uint64 until
    ) internal view returns (bytes memory refusal) {
        refusal = _keeperRefused(by, operator);
        if (refusal.length != 0) return refusal;
        if (purpose == 0 || purpose > 3) {
            return abi.encodeWithSelector(I.RegistryUnsupportedPurpose.selector, purpose);
        }
        refusal = _lengthRefused(publicKey.length, 1_312);
        if (refusal.length != 0) return refusal;
        return _windowRefused(_expected.operatorKeys[sha256(publicKey)].key, from, until);
    }

    /// @param accreditorToo whether the accreditor may, whoever keeps the key
    function _operatorKeyRefused(
        address by,
        bytes32 keyId,
        bool accreditorToo
    ) internal view returns (bytes memory) {
        uint32 operator = _expected.operatorKeys[keyId].key.holder;
        if (operator == 0) return abi.encodeWithSelector(I.RegistryUnknownOperatorKey.selector, keyId);
        return accreditorToo && _has(ACCREDITOR, by) ? bytes("") : _keeperRefused(by, operator);
    }

    // ---- scenes

    function _sceneRefused(
        address by,
        string memory slug,
        I.Names memory names
    ) internal view returns (bytes memory refusal) {
        refusal = _roleRefused(by, SCENE_KEEPER);
        if (refusal.length != 0) return refusal;
        if (!_isSlug(bytes(slug))) return abi.encodeWithSelector(I.RegistrySlugMalformed.selector, slug);
        refusal = _namesRefused(names);
        uint32 taken = _expected.scenes[keccak256(bytes(slug))];
        if (refusal.length != 0 || taken == 0) return refusal;
        return abi.encodeWithSelector(I.RegistrySlugTaken.selector, slug, taken);
    }

    function _isSlug(bytes memory slug) private pure returns (bool) {
        if (slug.length == 0 || slug.length > 64) return false;
        for (uint256 i = 0; i < slug.length; ++i) {
            bytes1 c = slug[i];
            bool letter = c >= 0x61 && c <= 0x7a;
            bool digit = c >= 0x30 && c <= 0x39;
            if (!letter && !digit && c != 0x2d) return false;
        }
        return true;
    }
}
