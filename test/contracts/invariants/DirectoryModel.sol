// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentRegistry as I} from "../../../contracts/IDocumentRegistry.sol";
import {GovernanceModel} from "./GovernanceModel.sol";

/// @title Institutions, operators, scenes and the windows of keys, as they must be
abstract contract DirectoryModel is GovernanceModel {
    uint64 internal constant ADMIN_DELAY = 172_800;
    uint64 internal constant OBJECTION_DELAY = 604_800;

    // ---- institutions

    function _registerRefused(
        address by,
        address admin,
        I.Profile memory profile
    ) internal view returns (bytes memory refusal) {
        refusal = _roleRefused(by, ACCREDITOR);
        if (refusal.length != 0) return refusal;
        if (admin == address(0)) return abi.encodeWithSelector(I.RegistryZeroAddress.selector);
        refusal = _numberRefused(profile);
        if (refusal.length != 0) return refusal;
        uint32 holder = _expected.numbers[_numberOf(profile)];
        if (holder != 0) {
            uint32 id = _expected.institutionCount + 1;
            return abi.encodeWithSelector(I.RegistryOfficialNumber.selector, id, holder);
        }
        return _profileRefused(profile);
    }

    function _numberOf(I.Profile memory profile) internal pure returns (bytes32) {
        return keccak256(abi.encode(profile.jurisdiction, profile.officialNumber));
    }

    function _numberRefused(I.Profile memory profile) private pure returns (bytes memory refusal) {
        refusal = _textRefused(bytes(profile.jurisdiction), 16);
        if (refusal.length == 0) refusal = _textRefused(bytes(profile.officialNumber), 64);
    }

    function _textRefused(bytes memory text, uint256 max) private pure returns (bytes memory refusal) {
        refusal = _lengthRefused(text.length, max);
        for (uint256 i = 0; i < text.length && refusal.length == 0; ++i) {
            if (text[i] >= 0x21 && text[i] <= 0x7e) continue;
            refusal = abi.encodeWithSelector(I.RegistryCharacter.selector, i);
        }
    }

    function _amendRefused(
        address by,
        uint32 id,
        I.Profile memory profile
    ) internal view returns (bytes memory refusal) {
        refusal = _roleRefused(by, ACCREDITOR);
        if (refusal.length == 0) refusal = _idRefused(id);
        if (refusal.length == 0) refusal = _numberRefused(profile);
        if (refusal.length != 0) return refusal;
        uint32 holder = _expected.numbers[_numberOf(profile)];
        if (holder == id) return _profileRefused(profile);
        return abi.encodeWithSelector(I.RegistryOfficialNumber.selector, id, holder);
    }

    function _profileRefused(I.Profile memory profile) private pure returns (bytes memory refusal) {
        if (profile.roles == 0 || profile.roles > 3) {
            return abi.encodeWithSelector(I.RegistryUnsupportedRoles.selector, profile.roles);
        }
        if (profile.scenes % 2 == 1) {
            return abi.encodeWithSelector(I.RegistryUnsupportedScenes.selector, profile.scenes);
        }
        return _namesRefused(profile.names);
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

    /// @dev The admin of an active institution names for itself; whoever else does, for governance.
    function _namesItself(address by, uint32 id) internal view returns (bool) {
        return _expected.institutions[id].admin == by && _expected.institutions[id].state == 1;
    }

    function _nameRefused(address by, uint32 id, address admin) internal view returns (bytes memory refusal) {
        refusal = _idRefused(id);
        if (refusal.length == 0 && !_namesItself(by, id)) refusal = _roleRefused(by, ACCREDITOR);
        if (refusal.length != 0) return refusal;
        if (_expected.institutions[id].state == 3) return _inactive(id);
        if (admin != address(0)) return "";
        return abi.encodeWithSelector(I.RegistryZeroAddress.selector);
    }

    function _inactive(uint32 id) internal view returns (bytes memory) {
        uint8 state = _expected.institutions[id].state;
        return abi.encodeWithSelector(I.RegistryInstitutionNotActive.selector, id, state);
    }

    function _cancelRefused(address by, uint32 id) internal view returns (bytes memory refusal) {
        refusal = _idRefused(id);
        if (refusal.length != 0) return refusal;
        I.Institution memory institution = _expected.institutions[id];
        bool governance = institution.nextByGovernance && _has(ACCREDITOR, by);
        if (institution.nextAdmin != address(0) && (_namesItself(by, id) || governance)) return "";
        return abi.encodeWithSelector(I.RegistryNothingToCancel.selector, id, by);
    }

    function _acceptRefused(address by, uint32 id) internal view returns (bytes memory) {
        I.Institution memory institution = _expected.institutions[id];
        if (institution.nextAdmin == by && _now() >= institution.nextAdminFrom) return "";
        return abi.encodeWithSelector(I.RegistryAdminNotNamed.selector, id, by, institution.nextAdminFrom);
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

    /// @dev 0, or later than what is reported; the report of the present admin bounds it.
    function _correctionRefused(
        I.Key memory key,
        uint32 id,
        uint64 since
    ) internal view returns (bytes memory) {
        uint64 reported = key.compromisedSince;
        if (reported == 0) return abi.encodeWithSelector(I.RegistryKeyNotReported.selector);
        bool stands = key.reportedBy != address(0) && key.reportedBy == _expected.institutions[id].admin;
        if (since == 0 && !stands) return "";
        uint64 latest = stands ? key.reportedSince : _now();
        if (since > reported && since <= latest) return "";
        return abi.encodeWithSelector(I.RegistryCompromiseTime.selector, since, reported + 1, latest);
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
        if (_expected.institutions[id].state != 1) return _inactive(id);
        if (key == address(0)) return abi.encodeWithSelector(I.RegistryZeroAddress.selector);
        return _windowRefused(_expected.keys[key], from, until);
    }

    function _acceptKeyRefused(address by, uint32 id) internal view returns (bytes memory) {
        I.Proposal memory proposal = _expected.proposals[id][by];
        I.Institution memory institution = _expected.institutions[id];
        if (proposal.admin == address(0) || proposal.admin != institution.admin) {
            return abi.encodeWithSelector(I.RegistryKeyNotProposed.selector, id, by);
        }
        if (institution.state != 1) return _inactive(id);
        return _windowRefused(_expected.keys[by], proposal.from, proposal.until);
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
        bool last = !_expected.keys[key].retired && institution.keysInUse == 1 && institution.state == 1;
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

    function _correctKeyRefused(
        address by,
        address key,
        uint64 since
    ) internal view returns (bytes memory refusal) {
        refusal = _roleRefused(by, ACCREDITOR);
        if (refusal.length != 0) return refusal;
        uint32 id = _expected.keys[key].holder;
        if (id == 0) return abi.encodeWithSelector(I.RegistryUnknownKey.selector, key);
        return _correctionRefused(_expected.keys[key], id, since);
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
        I.OperatorKey memory added,
        bytes memory publicKey,
        bytes memory possession
    ) internal view returns (bytes memory refusal) {
        refusal = _keeperRefused(by, operator);
        if (refusal.length != 0) return refusal;
        uint32 institution = _expected.operators[operator];
        if (institution != 0 && _expected.institutions[institution].state != 1) return _inactive(institution);
        uint8 purpose = added.purpose;
        if (purpose == 0 || purpose > 3) {
            return abi.encodeWithSelector(I.RegistryUnsupportedPurpose.selector, purpose);
        }
        refusal = _lengthRefused(publicKey.length, 1_312);
        if (refusal.length == 0) refusal = _lengthRefused(possession.length, 2_420);
        if (refusal.length != 0) return refusal;
        bytes32 keyId = _keyIdOf(operator, added, publicKey);
        return _windowRefused(_expected.operatorKeys[keyId].key, added.key.from, added.key.until);
    }

    function _keyIdOf(
        uint32 operator,
        I.OperatorKey memory key,
        bytes memory publicKey
    ) internal pure returns (bytes32) {
        return sha256(abi.encode(operator, key.purpose, key.signatureType, publicKey));
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
        refusal = _slugRefused(bytes(slug));
        if (refusal.length == 0) refusal = _namesRefused(names);
        uint32 taken = _expected.scenes[keccak256(bytes(slug))];
        if (refusal.length != 0 || taken == 0) return refusal;
        return abi.encodeWithSelector(I.RegistrySlugTaken.selector, taken);
    }

    function _slugRefused(bytes memory slug) private pure returns (bytes memory refusal) {
        refusal = _lengthRefused(slug.length, 64);
        for (uint256 i = 0; i < slug.length && refusal.length == 0; ++i) {
            bytes1 c = slug[i];
            bool letter = c >= 0x61 && c <= 0x7a;
            bool digit = c >= 0x30 && c <= 0x39;
            if (letter || digit || c == 0x2d) continue;
            refusal = abi.encodeWithSelector(I.RegistryCharacter.selector, i);
        }
    }
}
